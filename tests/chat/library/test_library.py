# SPDX-License-Identifier: EUPL-1.2
"""The library's door: who finds what, versions, sharing, putting away, and what the trail learns."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import delete, select

from hausgeist.chat.library import AssistantBody, PromptBody
from hausgeist.core.calls import Sampling
from hausgeist.core.labels import DataClass
from hausgeist.errors import (
    BadFields,
    ChangedMeanwhile,
    InvalidField,
    NotFound,
    NotYoursToChange,
    NotYoursToShare,
    WasShared,
)
from hausgeist.store import chats
from hausgeist.store.tables import conversations, library_versions, users

LETTER = AssistantBody(
    name="Bürgerbrief",
    description="Antwortet freundlich",
    instructions="Antworte höflich. Aktenzeichen XY-77.",
    model="echo",
    sampling=Sampling(temperature=0.2, seed=7),
    data_class=DataClass.PERSONAL,
    starters=("Antworte auf:",),
)


def made(shelf, who, body=LETTER):
    return asyncio.run(shelf.library.create(who, [body]))[0]


def names(shelf, who, **wish):
    return [one.body.name for one in asyncio.run(shelf.library.gallery(who, None, **wish)).entries]


def test_an_assistant_comes_back_as_it_was_saved(shelf):
    """What a chat gets has the instructions, the model, the parameters, the class and the version."""
    item = made(shelf, shelf.anna)
    found = asyncio.run(shelf.library.assistant(shelf.anna, item))
    assert found.instructions == LETTER.instructions
    assert (found.model, found.sampling) == ("echo", LETTER.sampling)
    assert (found.data_class, found.version) == (DataClass.PERSONAL, 1)
    assert found.starters == ("Antworte auf:",)


def test_what_is_somebodys_own_is_nobody_elses(shelf):
    """Neither a colleague nor an administrator finds, changes or uses a private item."""
    item = made(shelf, shelf.anna)
    library = shelf.library
    for who in (shelf.bernd, shelf.carla, shelf.otto):
        assert names(shelf, who) == []
        for attempt in (
            library.assistant(who, item),
            library.entry(who, item),
            library.history(who, item),
            library.save(who, item, LETTER, 1),
            library.share(who, item, "everyone"),
            library.archive(who, item, archived=True),
            library.delete(who, item),
            library.take_over(who, item),
            library.copy(who, item, "Kopie"),
        ):
            with pytest.raises(NotFound):
                asyncio.run(attempt)


def test_a_group_finds_what_is_shared_with_it(shelf):
    """Members of the group use it and may copy, not change it; others do not find it."""
    item = made(shelf, shelf.anna)
    asyncio.run(shelf.library.share(shelf.anna, item, "groups", ["bau"]))
    assert names(shelf, shelf.bernd, whose="groups") == ["Bürgerbrief"]
    assert names(shelf, shelf.carla) == []
    with pytest.raises(NotYoursToChange):
        asyncio.run(shelf.library.save(shelf.bernd, item, LETTER, 1))
    own = asyncio.run(shelf.library.copy(shelf.bernd, item, "Meiner"))
    assert asyncio.run(shelf.library.entry(shelf.bernd, own)).may_change


def test_only_administrators_publish_beyond_ones_groups(shelf):
    """A member shares with groups of hers; everyone and foreign groups take an administrator."""
    item = made(shelf, shelf.anna)
    for audience, groups in (("everyone", ()), ("groups", ["soziales"]), ("groups", ["everyone"])):
        with pytest.raises(NotYoursToShare):
            asyncio.run(shelf.library.share(shelf.anna, item, audience, groups))
    asyncio.run(shelf.library.share(shelf.anna, item, "groups", ["bau"]))
    asyncio.run(shelf.library.share(shelf.otto, item, "groups", ["bau", "soziales"]))
    # the owner may keep what the administrator gave, and saves on
    asyncio.run(shelf.library.share(shelf.anna, item, "groups", ["soziales"]))
    asyncio.run(shelf.library.share(shelf.otto, item, "everyone"))
    assert names(shelf, shelf.carla) == ["Bürgerbrief"]


def test_sharing_needs_groups_that_exist(shelf):
    """No group, an unknown one, and the group of everybody are refused, for administrators too."""
    item = made(shelf, shelf.otto)
    for groups in ((), ("nirgends",), ("everyone",)):
        with pytest.raises(InvalidField):
            asyncio.run(shelf.library.share(shelf.otto, item, "groups", groups))


def test_others_see_no_version_from_before_it_was_shared(shelf):
    """An old version that was private stays private, also by its number and in the history."""
    item = made(shelf, shelf.anna)
    library = shelf.library
    asyncio.run(library.save(shelf.anna, item, replace(LETTER, instructions="Ohne Zeichen."), 1))
    asyncio.run(library.share(shelf.anna, item, "groups", ["bau"]))
    assert asyncio.run(library.assistant(shelf.bernd, item, 1)).instructions == "Ohne Zeichen."
    assert asyncio.run(library.assistant(shelf.anna, item, 1)).version == 1
    _, seen = asyncio.run(library.history(shelf.otto, item))
    assert [one.version for one in seen] == [2]


def test_a_conversation_keeps_the_version_it_began_with(shelf):
    """After a change the old version is still served by its number, and tells of the newer one."""
    item = made(shelf, shelf.anna)
    asyncio.run(shelf.library.save(shelf.anna, item, replace(LETTER, instructions="Neu."), 1))
    old = asyncio.run(shelf.library.assistant(shelf.anna, item, 1))
    assert (old.version, old.newest, old.instructions) == (1, 2, LETTER.instructions)
    assert asyncio.run(shelf.library.assistant(shelf.anna, item)).instructions == "Neu."


def test_two_who_save_at_once_do_not_overwrite_each_other(shelf):
    """The second one is told; what did not change makes no version."""
    item = made(shelf, shelf.anna)
    library = shelf.library
    assert asyncio.run(library.save(shelf.anna, item, LETTER, 1)) == 1
    asyncio.run(library.save(shelf.anna, item, replace(LETTER, name="Neu"), 1))
    with pytest.raises(ChangedMeanwhile):
        asyncio.run(library.save(shelf.anna, item, replace(LETTER, name="Anders"), 1))
    assert names(shelf, shelf.anna) == ["Neu"]


def test_an_earlier_version_comes_back_as_a_new_one(shelf):
    """Restoring adds a version; nothing of the history is lost."""
    item = made(shelf, shelf.anna)
    library = shelf.library
    asyncio.run(library.save(shelf.anna, item, replace(LETTER, name="Neu"), 1))
    assert asyncio.run(library.restore(shelf.anna, item, 1, 2)) == 3
    entry, found = asyncio.run(library.history(shelf.anna, item))
    assert entry.body == LETTER
    assert [(one.version, one.author) for one in found] == [(3, "Anna"), (2, "Anna"), (1, "Anna")]
    with pytest.raises(NotFound):
        asyncio.run(library.restore(shelf.anna, item, 9, 3))


def test_archived_serves_only_chats_that_began_with_it(shelf):
    """It leaves the gallery and new chats; a version named by a conversation is still given."""
    item = made(shelf, shelf.anna)
    asyncio.run(shelf.library.archive(shelf.anna, item, archived=True))
    assert names(shelf, shelf.anna) == []
    assert names(shelf, shelf.anna, archived=True) == ["Bürgerbrief"]
    with pytest.raises(NotFound):
        asyncio.run(shelf.library.assistant(shelf.anna, item))
    assert asyncio.run(shelf.library.assistant(shelf.anna, item, 1)).name == "Bürgerbrief"
    asyncio.run(shelf.library.archive(shelf.anna, item, archived=False))
    assert names(shelf, shelf.anna) == ["Bürgerbrief"]


def test_only_what_was_never_shared_is_deleted_for_good(shelf):
    """Deleting leaves no version behind, and chats without an assistant; what was shared stays."""
    item, shared = made(shelf, shelf.anna), made(shelf, shelf.anna)
    library = shelf.library
    asyncio.run(library.share(shelf.anna, shared, "groups", ["bau"]))
    asyncio.run(library.share(shelf.anna, shared, "owner"))
    with pytest.raises(WasShared):
        asyncio.run(library.delete(shelf.anna, shared))
    talk = chats.Conversation(
        id="t1",
        title="Brief",
        model="echo",
        data_class="internal",
        leaf_id=None,
        created_at=1,
        updated_at=1,
        assistant_id=item,
        assistant_version=1,
    )
    shelf.store.write_now(lambda c: chats.create(c, "anna", talk))
    assert asyncio.run(library.uses(shelf.anna, item)) == 1
    assert [one.id for one in asyncio.run(library.assistants_at_hand(shelf.anna, 1))] == [item]
    asyncio.run(library.delete(shelf.anna, item))
    left = select(library_versions.c.item_id)
    assert shelf.store.read_now(lambda c: c.execute(left).scalars().all()) == [shared]
    link = select(conversations.c.assistant_id)
    assert shelf.store.read_now(lambda c: c.execute(link).scalar_one()) is None


def test_what_belongs_to_nobody_is_taken_over(shelf):
    """When its author is gone an administrator looks after it; before, nobody takes it."""
    item = made(shelf, shelf.anna)
    library = shelf.library
    asyncio.run(library.share(shelf.anna, item, "groups", ["bau"]))
    with pytest.raises(NotYoursToChange):
        asyncio.run(library.take_over(shelf.otto, item))
    shelf.store.write_now(lambda c: c.execute(delete(users).where(users.c.id == "anna")))
    assert asyncio.run(library.entry(shelf.bernd, item)).item.owner_id is None
    with pytest.raises(NotYoursToChange):
        asyncio.run(library.take_over(shelf.bernd, item))
    asyncio.run(library.take_over(shelf.otto, item))
    entry, found = asyncio.run(library.history(shelf.otto, item))
    assert (entry.item.owner_id, found[0].author) == ("otto", None)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bürgerbrief", ["Bürgerbrief"]),
        ("BÜRGERBRIEF höflich", ["Bürgerbrief"]),
        ("xy-77", ["Bürgerbrief"]),
        ("100%", ["Rabatt"]),
        ("_", ["Rabatt"]),
        ("%", ["Rabatt"]),
        ("/rabatt", ["Rabatt"]),
        ("brief rabatt", []),
        ("'; DROP TABLE users; --", []),
        ("zz\x00yy", []),
    ],
)
def test_a_search_finds_words_and_no_patterns(shelf, words, found):
    """Name, description, shortcut and text are searched, whatever the case; signs stand for themselves."""
    made(shelf, shelf.anna)
    made(
        shelf,
        shelf.anna,
        PromptBody(name="Rabatt", text="100% auf {{alles_hier}}", shortcut="rabatt"),
    )
    assert names(shelf, shelf.anna, words=words) == found


def test_the_slash_offers_what_begins_so_first(shelf):
    """A shortcut or name that begins with the typed letters stands before one that contains them."""
    for name, shortcut in (("Anbrief", ""), ("Zusage", "brief"), ("Briefkopf", "kopf")):
        made(shelf, shelf.anna, PromptBody(name=name, text="x", shortcut=shortcut))
    found = asyncio.run(shelf.library.prompts_like(shelf.anna, "brief", 2))
    assert [one.body.name for one in found] == ["Briefkopf", "Zusage"]


def test_the_trail_learns_what_was_done_and_no_word_of_it(shelf):
    """Every change is an event with facts; names, texts and instructions are in none."""
    item = made(shelf, shelf.anna)
    library = shelf.library
    asyncio.run(library.save(shelf.anna, item, replace(LETTER, name="Geheimname"), 1))
    asyncio.run(library.share(shelf.anna, item, "groups", ["bau"]))
    asyncio.run(library.archive(shelf.otto, item, archived=True))
    own = made(shelf, shelf.anna)
    asyncio.run(library.delete(shelf.anna, own))
    events = shelf.events()
    assert [kind for kind, _ in events] == [
        "library.created",
        "library.changed",
        "library.shared",
        "library.archived",
        "library.created",
        "library.deleted",
    ]
    whole = " ".join(body for _, body in events)
    assert '"after.groups":"bau"' in whole
    assert '"before.audience":"owner"' in whole
    for word in ("Bürgerbrief", "Geheimname", "höflich", "XY-77", "Antworte"):
        assert word not in whole


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (replace(LETTER, name=" "), "name"),
        (replace(LETTER, name="x" * 81), "name"),
        (replace(LETTER, instructions=""), "instructions"),
        (replace(LETTER, instructions="x" * 32_001), "instructions"),
        (replace(LETTER, starters=("a",) * 7), "starters"),
        (replace(LETTER, sign="Ab"), "sign"),
        (replace(LETTER, colour="pink"), "colour"),
        (replace(LETTER, sampling=Sampling(temperature=2.5)), "temperature"),
        (replace(LETTER, sampling=Sampling(temperature=float("nan"))), "temperature"),
        (PromptBody(name="x", text="{{a|b}}"), "text"),
        (PromptBody(name="x", text="{{a:x|y}} {{a:long}}"), "text"),
        (PromptBody(name="x", text="{{a:x|y=z}}"), "text"),
        (PromptBody(name="x", text="hallo", shortcut="zwei worte"), "shortcut"),
    ],
)
def test_a_field_that_is_not_right_is_named(shelf, body, field):
    """Limits and shapes are checked before anything is stored."""
    with pytest.raises(BadFields) as caught:
        made(shelf, shelf.anna, body)
    assert list(caught.value.faults) == [field]
    assert names(shelf, shelf.anna) == []
