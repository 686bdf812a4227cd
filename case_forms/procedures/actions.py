"""The actions on procedures: save the working copy, publish it as an immutable version."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from access.models import User
from audit.chain import SYSTEM, get_actor, log_event
from case_forms.form_builder import canonical
from case_forms.form_builder.definition.problems import Problem
from case_forms.form_builder.models import FormDefinition, FormVersion

from .checker import check_procedure
from .deadline_warnings import find_warnings
from .definition import parse_procedure
from .form_guard import published_sides
from .form_guard_messages import unfit_problems
from .models import Procedure, ProcedureVersion

log = structlog.get_logger(__name__)


class ProcedureRefused(Exception):
    """A procedure that can't be published. `problems` says what to fix, and where."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path} {problem.code}" for problem in problems[:20]))
        self.problems = problems


def published_questions() -> Mapping[str, Collection[str]]:
    """Map each form's key to its questions' keys, of the newest published versions."""
    return {version.form.key: version.parsed_form.answer_keys for version in FormVersion.objects.newest()}


@transaction.atomic
def save_procedure(*, key: str, definition: dict[str, Any], by: User | None = None) -> Procedure:
    """Create or change a procedure's working copy. Nothing is decided by it until it is published."""
    procedure, made = Procedure.objects.select_for_update().get_or_create(key=key, defaults={"definition": definition})
    if not made and procedure.definition != definition:
        procedure.definition = definition
        procedure.save(update_fields=["definition"])
    elif not made:
        return procedure
    log_event("procedure.saved", actor=_actor(by), target_kind="procedure", target_id=key)
    return procedure


@transaction.atomic
def publish_procedure(*, procedure: Procedure, in_force_from: datetime, by: User | None = None) -> ProcedureVersion:
    """Publish the working copy as the next version, in force from this (aware) time.

    Its rules are held against the forms that are published, each question, kind and value (`form_guard`); no form is
    published meanwhile. The version before it ends when the new one begins. The same content as the newest version
    returns that version. Raises ProcedureRefused with every problem; nothing is written then. What doesn't keep it from
    being published is logged (`find_warnings`).
    """
    locked = Procedure.objects.select_for_update().get(pk=procedure.pk)
    # Publishing a form holds its row: a form that is being published is waited for, and one that comes later waits.
    list(FormDefinition.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    problems = check_procedure(locked.definition, questions=published_questions())
    if not problems and locked.definition["key"] != locked.key:
        problems = [Problem("/key", "other_key", _("This key is reserved for the procedure itself."))]
    # Only for a sound definition: the guard reads it without asking for its structure.
    problems = problems or list(unfit_problems(parse_procedure(locked.definition), published_sides()))
    if problems:
        raise ProcedureRefused(problems)
    text = canonical.dump(locked.definition)
    newest = locked.versions.order_by("-number").first()
    # Published a second time without a change: no version of its own.
    if newest is not None and newest.canonical == text:
        return newest
    if newest is not None and in_force_from < newest.in_force_from:
        raise ProcedureRefused(
            [Problem("", "starts_too_early", _("A new version starts after the version before it."))]
        )
    version = ProcedureVersion.objects.create(
        procedure=locked,
        number=newest.number + 1 if newest else 1,
        canonical=text,
        sha256=canonical.compute_sha256(text),
        published_by=by,
        in_force_from=in_force_from,
    )
    if newest is not None and (newest.in_force_until is None or newest.in_force_until > in_force_from):
        newest.in_force_until = in_force_from
        newest.save(update_fields=["in_force_until"])
    if warnings := find_warnings(version.parsed):
        found = [{"path": warning.path, "code": warning.code} for warning in warnings]
        log.warning("procedure_warnings", procedure=str(version), found=found)
    log_event(
        "procedure.published",
        actor=_actor(by),
        target_kind="procedure",
        target_id=locked.key,
        version=version.number,
        sha256=version.sha256,
        in_force_from=in_force_from,
    )
    return version


def _actor(by: User | None) -> Any:
    return get_actor(by) if by is not None else SYSTEM
