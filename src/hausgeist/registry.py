# SPDX-License-Identifier: EUPL-1.2
"""``Registry[T]``: an explicit table of implementations, ours and foreign ones alike.

Foreign ones arrive by entry points (``hausgeist.<point>``) and stay off until an administrator allows
them by name: no code loads just because it is installed.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from hausgeist.errors import NotFound

T = TypeVar("T")


class Registry(Generic[T]):
    """Names to implementations of one extension point."""

    def __init__(self, point: str, table: dict[str, T]) -> None:
        self.point = point
        self._table = dict(table)

    def get(self, name: str) -> T:
        """Look one up.

        Raises:
            NotFound: nothing of that name is registered or allowed.
        """
        try:
            return self._table[name]
        except KeyError:
            raise NotFound from None

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def offered(self) -> list[tuple[str, str]]:
        """Foreign implementations that are installed: name and the module they come from."""
        return [
            (entry.name, entry.value) for entry in entry_points(group=f"hausgeist.{self.point}")
        ]

    def allow(self, names: Iterable[str], *, check: Callable[[object], T]) -> None:
        """Load the foreign implementations an administrator has allowed; ``check`` vets each.

        Raises:
            NotFound: an allowed name is not installed.
        """
        found = {entry.name: entry for entry in entry_points(group=f"hausgeist.{self.point}")}
        for name in names:
            if name not in found:
                raise NotFound
            self._table[name] = check(found[name].load())
