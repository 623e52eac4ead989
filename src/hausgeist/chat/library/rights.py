# SPDX-License-Identifier: EUPL-1.2
"""Who may do what with an item of the library. Who sees it at all is decided by the store's queries.

Its owner may change it. Administrators may change and archive what is shared, and take over what belongs
to nobody any more. People share with groups they are in; with everybody, or with other groups, only
administrators do: what stands in front of the whole house is the house's word.
"""

from collections.abc import Set as AbstractSet

from hausgeist.core.people import Principal
from hausgeist.errors import NotYoursToChange, NotYoursToShare
from hausgeist.store.library import Audience, Item, Reader

HOUSE_GROUP = "everyone"
"""The group that people are in unless told otherwise: to share with it is to share with everyone."""


def reader_of(who: Principal, *, manages: bool = True) -> Reader:
    """How the store's queries see a person. ``manages``: administrators see all that is shared."""
    return Reader(who.id, who.groups | {who.group}, manages and who.is_admin)


def may_change(who: Principal, item: Item) -> bool:
    """Whether a person who sees an item may also change it."""
    return item.owner_id == who.id or who.is_admin


def check_change(who: Principal, item: Item) -> None:
    """Let nobody change what is not theirs.

    Raises:
        NotYoursToChange: the person may only use it.
    """
    if not may_change(who, item):
        raise NotYoursToChange


def may_take_over(who: Principal, item: Item) -> bool:
    """Whether a person may become the owner: nobody is, and the person administers the house."""
    return item.owner_id is None and who.is_admin


def groups_to_share_with(who: Principal) -> frozenset[str]:
    """The groups somebody who is no administrator may share with."""
    return (who.groups | {who.group}) - {HOUSE_GROUP}


def check_audience(
    who: Principal,
    item: Item,
    before: AbstractSet[str],
    audience: Audience,
    groups: AbstractSet[str],
) -> None:
    """Let nobody widen an audience beyond what is theirs to share with; ``before`` has it already.

    Raises:
        NotYoursToShare: only an administrator may.
    """
    if who.is_admin:
        return
    if audience == "everyone" and item.audience != "everyone":
        raise NotYoursToShare
    if audience == "groups" and groups - before - groups_to_share_with(who):
        raise NotYoursToShare
