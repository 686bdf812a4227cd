"""The seam for pages of other rooms about one procedure: links above its editor, and panels beside the draft.

A panel is a route that answers GET with {"html": ...}; the editor asks it when it opens and after each save. What is
approved together with a draft is written into its approval by `register_review_part`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from case_forms.procedures.models import Procedure


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


# (the procedure, when it was submitted, the request) -> HTML, "" for nothing to show
ReviewPart = Callable[[Procedure, datetime, HttpRequest], str]
_review_parts: list[ReviewPart] = []


def register_review_part(part: ReviewPart) -> None:
    """Register what else whoever approves a draft has to see. Registering it twice counts once."""
    if part not in _review_parts:
        _review_parts.append(part)


def build_review_parts(procedure: Procedure, submitted_at: datetime, request: HttpRequest) -> list[str]:
    """Return the HTML of each part that has something to show."""
    return [html for part in _review_parts if (html := part(procedure, submitted_at, request))]


def iter_neighbours(*, panels: bool) -> Iterator[Neighbour]:
    """Iterate over the panels, or over the pages, in the order in which they were registered."""
    return (each for each in _neighbours if each.is_panel == panels)
