"""The seam for pages of other rooms about one procedure: links above its editor, and panels beside the draft.

A panel is a route that answers GET with {"html": ...}; the editor asks it when it opens and after each save.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise


@dataclass(frozen=True)
class Neighbour:
    """A page about a procedure. `route`: the name of its URL, which takes the procedure's id."""

    route: str
    label: "str | Promise"
    icon: str = ""
    is_panel: bool = False

    def get_address(self, procedure_id: int) -> str:
        return reverse(self.route, args=[procedure_id])


# Filled from `AppConfig.ready` of the rooms that have such pages.
_neighbours: list[Neighbour] = []


def register_neighbour(neighbour: Neighbour) -> None:
    """Register a page or a panel. Registering it twice counts once."""
    if neighbour not in _neighbours:
        _neighbours.append(neighbour)


def iter_neighbours(*, panels: bool) -> Iterator[Neighbour]:
    """Iterate over the panels, or over the pages, in the order in which they were registered."""
    return (each for each in _neighbours if each.is_panel == panels)
