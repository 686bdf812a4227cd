"""Zones as choices of a form's question: by their key, said by name and municipality."""

from collections.abc import Iterator

from .models import Zone


def zone_rows() -> list[tuple[str, dict[str, str]]]:
    """Every zone, those no longer in use too: old answers keep their names. The type offers those in use."""
    found = Zone.objects.values_list("pk", "name", "municipality__name")
    return [(str(key), {"sq": f"{name} · {town}"}) for key, name, town in found]


def zone_attributes() -> Iterator[tuple[str, dict[str, str]]]:
    """What a filter may read of each: `in_use` is "yes" or "no"."""
    found = Zone.objects.values_list("pk", "municipality__slug", "municipality__region__slug", "kind", "is_active")
    for key, municipality, region, kind, active in found:
        in_use = "yes" if active else "no"
        yield str(key), {"municipality": municipality, "region": region, "kind": kind, "in_use": in_use}
