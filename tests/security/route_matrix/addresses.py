"""Every address of the service, filled with what the world holds, each with the row that decides about it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from access import policy

from .world import World

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
# Written as regular expressions, without names: by their route.
BY_HAND = {
    "^documents/(\\d+)/(.*)$": "documents/1/x.pdf",
    "documents/(\\d+)/(.*)$": "documents/1/x.pdf",
    "^((?:[\\w\\-]+/)*)$": "ndihme/",
    "cms/.*/$": "cms/no-such-place/",
}


@dataclass(frozen=True)
class Route:
    """An entry of the address table. `view` and `route` are as `request.resolver_match` gives them."""

    view: str
    route: str
    entry: URLPattern

    @cached_property
    def row(self) -> policy.RouteRule | None:
        return policy.row_for(self.view, self.route)

    @property
    def model(self) -> Any:
        """What the view of a tool says it is about, if it says so."""
        callback: Any = self.entry.callback
        found = getattr(callback, "view_initkwargs", {}).get("model")
        found = found or getattr(getattr(callback, "view_class", None), "model", None)
        return found if isinstance(found, type) else None

    def path_in(self, world: World) -> str:
        by_hand = BY_HAND.get(self.route)
        if by_hand is not None:
            return f"/{by_hand}"

        def filled(found: re.Match[str]) -> str:
            return str(world.value_of(self.view, found[1], self.model))

        path = NAMED_GROUP.sub(filled, self.route) if "(?P" in self.route else PARAMETER.sub(filled, self.route)
        return "/" + path.removesuffix("$").replace("\\.", ".")


def _walk(resolver: URLResolver, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        # As Django joins them (URLResolver._join_route): a pattern written as a regular expression loses its "^" there.
        route = prefix + (str(entry.pattern).removeprefix("^") if prefix else str(entry.pattern))
        if isinstance(entry, URLPattern):
            yield Route(":".join((*names, entry.name or "")), route, entry)
        else:
            yield from _walk(entry, route, (*names, entry.namespace) if entry.namespace else names)


ROUTES = list(_walk(get_resolver()))
# Stand behind another entry with the same address (allauth names some twice, and ours replaces Wagtail's).
SEEN: dict[str, Route] = {}
for _each in ROUTES:
    SEEN.setdefault(_each.route, _each)
REACHED = list(SEEN.values())
