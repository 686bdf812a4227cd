"""What rooms above offer on the pages of a draft: each registers a maker when the service starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from access.models import User

from .models import Draft


@dataclass(frozen=True)
class DraftOffer:
    """A piece of the page: its template, and what it is drawn with beside `draft`."""

    template: str
    context: dict[str, Any]


Maker = Callable[[Draft, User], DraftOffer | None]
_makers: list[Maker] = []


def register(maker: Maker) -> None:
    """Have this maker be asked for each page of a draft."""
    _makers.append(maker)


def list_offers(draft: Draft, user: User) -> list[DraftOffer]:
    return [offer for maker in _makers if (offer := maker(draft, user)) is not None]
