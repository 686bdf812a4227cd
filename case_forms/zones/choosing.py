"""Zones as choices of a form's question: by their key, labelled by name and municipality."""

from collections.abc import Iterator

from access.languages import DEFAULT_LANGUAGE
from access.models import User

from .models import Zone


def zone_rows(user: User | None) -> list[tuple[str, dict[str, str]]]:
    """Return the zones that this person sees, or every zone without a person.

    Those no longer in use are among them: the question type offers those in use only, and old answers stay readable.
    """
    found = Zone.objects.visible_to(user) if user is not None else Zone.objects.all()
    rows = found.values_list("pk", "name", "municipality__name")
    return [(str(key), {DEFAULT_LANGUAGE: _label(name, town)}) for key, name, town in rows]


def zone_attributes() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what a filter may read of each zone: `in_use` is "yes" or "no".

    `name` is how an old answer reads, for everybody who may read that answer.
    """
    fields = ("pk", "name", "municipality__name", "municipality__slug", "municipality__region__slug", "kind")
    for key, name, town, municipality, region, kind, active in Zone.objects.values_list(*fields, "is_active"):
        yield (
            str(key),
            {
                "name": _label(name, town),
                "municipality": municipality,
                "region": region,
                "kind": kind,
                "in_use": "yes" if active else "no",
            },
        )


def _label(name: str, town: str) -> str:
    return f"{name} · {town}"
