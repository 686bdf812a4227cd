"""Whether each published procedure is still what the audit chain says was published (`audit.sealed_rows`)."""

from collections.abc import Iterator

from django.db.models import Max

from audit.sealed_rows import Comparison, Unexplained, read_last, register_comparison
from case_forms.form_builder import canonical

from .models import ProcedureVersion

KIND = "procedureversion"


def get_newest() -> int:
    return ProcedureVersion.objects.aggregate(newest=Max("pk"))["newest"] or 0


def compare(newest: int) -> Iterator[Unexplained]:
    """Yield each version that was changed, added or taken away behind the service's back."""
    noted = {
        (key, detail.get("version")): detail.get("sha256", "")
        for _kind, key, detail in read_last(("procedure.published",))
    }
    there = set()
    rows = ProcedureVersion.objects.order_by("pk").values_list("pk", "procedure__key", "number", "canonical")
    for pk, key, number, text in rows.iterator(chunk_size=20):
        there.add((key, number))
        sha256 = noted.get((key, number), "")
        if not sha256 and pk > newest:
            yield Unexplained(KIND, f"{key} v{number}", "unknown")
        elif sha256 and sha256 != canonical.compute_sha256(text):
            yield Unexplained(KIND, f"{key} v{number}", "broken")
    yield from (Unexplained(KIND, f"{key} v{number}", "gone") for key, number in noted if (key, number) not in there)


def register() -> None:
    register_comparison(KIND, Comparison(get_newest, compare))
