"""The report of a session as rules read it; the room of submissions, which stands above, says how it is loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from case_forms.form_builder.definition import Form


@dataclass(frozen=True)
class Report:
    """The report's form and its answers."""

    form_key: str
    form: Form = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)


_loaders: list[Callable[[UUID], Report | None]] = []


def register_loader(load: Callable[[UUID], Report | None]) -> None:
    """Say how a report is read. Only the newest counts."""
    _loaders[:] = [load]


def load_report(submission_id: UUID) -> Report | None:
    """Return the report that was stored under this id; None without a loader, or where there is none."""
    return _loaders[-1](submission_id) if _loaders else None
