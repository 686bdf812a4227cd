"""A source of choices without a database, and files that are all there."""

from collections.abc import Mapping

from ..base import Choice

LISTS = {
    "municipalities": [("vlore", "Vlorë"), ("sarande", "Sarandë")],
    "regions": [("vlore", "Vlorë")],
    "countries": [("AL", "Shqipëri"), ("XK", "Kosovë"), ("IT", "Itali")],
    "languages": [("sq", "Shqip"), ("rom", "Gjuha rome")],
    "units": [("vlore-1", "Njësia Vlorë 1")],
    "zones": [("zone-market", "Tregu · Vlorë"), ("zone-old", "Zona e vjetër · Vlorë")],
    "partners": [("shelter-north", "Strehëza")],
    "social_services": [("social-vlore", "Shërbimi social")],
    "schools": [("school-1", "Shkolla")],
    "sessions": [("session-1", "Takimi në Vlorë")],
    "outreach_visits": [("visit-1", "12.11.2026 · Vlorë")],
    "colleagues": [("7", "Ana Hoxha")],
}
ATTRIBUTES = {
    ("outreach_visits", "visit-1"): {"name": "12.11.2026 · Vlorë"},
    ("colleagues", "7"): {"name": "Ana Hoxha"},
    ("municipalities", "vlore"): {"region": "vlore"},
    ("municipalities", "sarande"): {"region": "elsewhere"},
    ("zones", "zone-market"): {"municipality": "vlore", "in_use": "yes"},
    ("zones", "zone-old"): {"municipality": "vlore", "in_use": "no"},
}


class FixedSource:
    def __init__(self, lists: Mapping[str, list[Choice]] = LISTS) -> None:
        self.lists = lists

    def choices(self, name: str, language: str) -> list[Choice]:
        return self.lists.get(name, [])

    def has(self, name: str, value: str) -> bool:
        return value in dict(self.lists.get(name, []))

    def attributes(self, name: str, value: str) -> Mapping[str, str]:
        return ATTRIBUTES.get((name, value), {})


class AllFiles:
    """Attachments: whatever is named is there."""

    def has(self, identity: str) -> bool:
        return True
