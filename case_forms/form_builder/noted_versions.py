"""Whether each published form is still what the audit chain says was published (`audit.sealed_rows`)."""

from collections.abc import Iterator

from django.db.models import Max

from audit.sealed_rows import Comparison, Unexplained, read_last, register_comparison

from . import canonical
from .models import FormVersion

KIND = "formversion"


def get_newest() -> int:
    return FormVersion.objects.aggregate(newest=Max("pk"))["newest"] or 0


def compare(newest: int) -> Iterator[Unexplained]:
    """Yield each version that was changed, added or taken away behind the service's back."""
    noted = {key: detail.get("sha256", "") for _kind, key, detail in read_last(("form.published",))}
    there = set()
    for version in FormVersion.objects.order_by("pk").only("pk", "canonical").iterator(chunk_size=20):
        key = str(version.pk)
        there.add(key)
        sha256 = noted.get(key, "")
        if not sha256 and version.pk > newest:
            yield Unexplained(KIND, key, "unknown")
        elif sha256 and sha256 != canonical.compute_sha256(version.canonical):
            yield Unexplained(KIND, key, "broken")
    yield from (Unexplained(KIND, key, "gone") for key in noted if key not in there)


def register() -> None:
    register_comparison(KIND, Comparison(get_newest, compare))
