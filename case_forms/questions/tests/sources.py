"""A source of choices without a database."""

from case_forms.questions.base import Choice

LISTS = {
    "municipalities": [("vlore", "Vlorë"), ("sarande", "Sarandë")],
    "regions": [("vlore", "Vlorë")],
    "countries": [("AL", "Shqipëri"), ("XK", "Kosovë"), ("IT", "Itali")],
    "languages": [("sq", "Shqip"), ("rom", "Gjuha rome")],
    "partners": [("shelter-north", "Strehëza")],
}


class FixedSource:
    def choices(self, name: str, language: str) -> list[Choice]:
        return LISTS.get(name, [])

    def has(self, name: str, value: str) -> bool:
        return value in dict(LISTS.get(name, []))
