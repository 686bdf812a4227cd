"""The actions on procedures: save the working copy, publish it as an immutable version, take a scheduled one back."""

import copy
import itertools
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.actions.publish_revision import PublishRevisionAction
from wagtail.models import Revision

from access.models import User
from audit.chain import SYSTEM, get_actor, log_event
from case_forms.form_builder import canonical
from case_forms.form_builder.definition.problems import Problem
from case_forms.form_builder.expressions import kinds_of_facts
from case_forms.form_builder.fact_types import KNOWN
from case_forms.form_builder.models import FormDefinition, FormVersion, get_fact_catalogue

from . import signals
from .checker import check_procedure
from .deadline_warnings import find_warnings
from .definition import parse_procedure
from .form_guard import published_sides
from .form_guard_messages import unfit_problems
from .models import Procedure, ProcedureVersion, ProcedureWithdrawal, SubmittedProcedure

log = structlog.get_logger(__name__)

CHANGED_SINCE = gettext_lazy("The procedure was changed after it was submitted. It has to be submitted again.")


class ProcedureRefused(Exception):
    """A procedure that can't be published. `problems` says what to fix, and where."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path} {problem.code}" for problem in problems[:20]))
        self.problems = problems


class ProcedureIsLocked(Exception):
    """Raised when a procedure waits for approval, or somebody locked it for themselves."""


class CannotWithdraw(Exception):
    """Raised for a version that isn't scheduled: it has begun, or it was withdrawn or overtaken."""


def published_questions() -> Mapping[str, Collection[str]]:
    """Map each form's key to its questions' keys, of the newest published versions."""
    return {version.form.key: version.parsed_form.answer_keys for version in FormVersion.objects.newest()}


@transaction.atomic
def save_procedure(*, key: str, definition: dict[str, Any], by: User | None = None) -> Procedure:
    """Create or change a procedure's working copy. Nothing is decided by it until it is published."""
    procedure, made = Procedure.objects.select_for_update().get_or_create(key=key, defaults={"definition": definition})
    if not made and procedure.working_copy() != definition:
        procedure.definition = definition
        procedure.save(update_fields=["definition"])
        # Whoever opens the editor sees the newest revision; without one it shows the row itself.
        if procedure.latest_revision_id:
            procedure.save_revision(user=by, clean=False)
            procedure.refresh_from_db()
    elif not made:
        return procedure
    log_event("procedure.saved", actor=_actor(by), target_kind="procedure", target_id=key)
    return procedure


def replace_draft(*, procedure: Procedure, definition: dict[str, Any], by: User, origin: str) -> Revision:
    """Make a definition the working copy, as a new revision. `origin`: "json", or "version:3". Audited.

    Raises ProcedureIsLocked while it waits for approval, or somebody else has locked it.
    """
    with transaction.atomic():
        procedure = Procedure.objects.select_for_update().get(pk=procedure.pk)
        lock = procedure.get_lock()
        if lock is not None and lock.for_user(by):
            raise ProcedureIsLocked
        draft = procedure.get_latest_revision_as_object()
        draft.definition = copy.deepcopy(definition)
        revision: Revision = draft.save_revision(user=by, clean=False, log_action="wagtail.edit")
        log_event(
            "procedure.draft_replaced",
            actor=get_actor(by),
            target_kind="procedure",
            target_id=procedure.key,
            origin=origin,
        )
    return revision


def publishing_problems(key: str, definition: Any, *, deep: bool = True) -> list[Problem]:
    """Return everything that keeps a definition from being published as the procedure with this key.

    Checked in itself, then against the forms that are published (`form_guard`). Without `deep`, it isn't asked whether
    rules can apply at all: the rest takes no time.
    """
    problems = check_procedure(
        definition, questions=published_questions(), known=kinds_of_facts(get_fact_catalogue())[KNOWN].rows
    )
    if not problems and definition["key"] != key:
        problems = [Problem("/key", "other_key", _("This key is reserved for the procedure itself."))]
    # Only for a sound definition: the guard reads it without asking for its structure.
    return problems or list(unfit_problems(parse_procedure(definition), published_sides(), deep=deep))


@transaction.atomic
def publish_procedure(
    *,
    procedure: Procedure,
    in_force_from: datetime,
    by: User | None = None,
    submitted_by: User | None = None,
    approved_sha256: str = "",
    legal_source: str = "",
    note: str = "",
) -> ProcedureVersion:
    """Publish the working copy as the next version, in force from this (aware) time.

    Its rules are held against the forms that are published, each question, kind and value (`form_guard`); no form is
    published meanwhile. The version before it ends when the new one begins, and scheduled versions that would begin
    then or later are overtaken: they never come into force. The same content as the newest version returns that
    version, unless it starts earlier. People reach this through the approval of another coordinator
    (`publish_approved_procedure`), seeding calls it directly.

    `approved_sha256`: of what was approved; other content is refused. Raises ProcedureRefused with every problem;
    nothing is written then. What doesn't keep it from being published is logged (`find_warnings`).
    """
    locked = Procedure.objects.select_for_update().get(pk=procedure.pk)
    # Publishing a form holds its row: a form that is being published is waited for, and one that comes later waits.
    list(FormDefinition.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    definition = locked.working_copy()
    if problems := publishing_problems(locked.key, definition):
        raise ProcedureRefused(problems)
    text = canonical.dump(definition)
    sha256 = canonical.compute_sha256(text)
    if approved_sha256 and approved_sha256 != sha256:
        raise ProcedureRefused([Problem("", "changed_since_submitted", CHANGED_SINCE)])
    newest = locked.versions.order_by("-number").first()
    stands = newest is not None and not newest.is_void and newest.in_force_from <= in_force_from
    # Published a second time without a change: no version of its own.
    if newest is not None and stands and newest.canonical == text:
        _publish_revision(locked, by)
        return newest
    _make_room(locked, in_force_from)
    version = ProcedureVersion.objects.create(
        procedure=locked,
        number=newest.number + 1 if newest else 1,
        canonical=text,
        sha256=sha256,
        published_by=by,
        submitted_by=submitted_by,
        legal_source=legal_source,
        note=note,
        in_force_from=in_force_from,
    )
    _join_ends(locked)
    _publish_revision(locked, by)
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
        submitted_by=submitted_by.pk if submitted_by else "",
    )
    return version


@transaction.atomic
def publish_approved_procedure(
    *, form: Any, by: User | None, submitted_by: User | None, approved_sha256: str
) -> ProcedureVersion:
    """Publish what another coordinator has approved, with what it was submitted with (`form_builder.workflow`).

    A start that has passed while it waited is the moment of approval: no version begins in the past.
    """
    submitted = SubmittedProcedure.of_revision(form.latest_revision)
    now = timezone.now()
    chosen = submitted.in_force_from if submitted else None
    version = publish_procedure(
        procedure=form,
        in_force_from=max(chosen or now, now),
        by=by,
        submitted_by=submitted_by,
        approved_sha256=approved_sha256,
        legal_source=submitted.legal_source if submitted else "",
        note=submitted.note if submitted else "",
    )
    if submitted is not None:
        signals.approved.send(sender=Procedure, procedure=form, submitted_at=submitted.state.started_at, by=by)
    return version


@transaction.atomic
def withdraw_version(*, version: ProcedureVersion, by: User, reason: str) -> ProcedureWithdrawal:
    """Take back a scheduled version before it begins; the version before it stays in force. Audited.

    Raises CannotWithdraw for a version that has begun, or that will not begin any more.
    """
    locked = Procedure.objects.select_for_update().get(pk=version.procedure_id)
    if not locked.versions.scheduled().filter(pk=version.pk).exists():
        raise CannotWithdraw
    _void(locked.versions.get(pk=version.pk))
    _join_ends(locked)
    log_event(
        "procedure.withdrawn",
        actor=get_actor(by),
        target_kind="procedure",
        target_id=locked.key,
        version=version.number,
    )
    return ProcedureWithdrawal.objects.create(version=version, withdrawn_by=by, reason=reason)


def note_export(*, procedure: Procedure, by: User, number: int | None = None) -> None:
    """Write the audit entry that somebody took a procedure out as a file: a version, or the draft (None)."""
    log_event(
        "procedure.exported",
        actor=get_actor(by),
        target_kind="procedure",
        target_id=procedure.key,
        number=number or "",
    )


def _make_room(procedure: Procedure, start: datetime) -> None:
    """Overtake the scheduled versions from this start on. Raises ProcedureRefused when one that has begun is later."""
    now = timezone.now()
    begun = procedure.versions.ever_in_force().filter(in_force_from__lte=now).order_by("-in_force_from").first()
    if begun is not None and start < begun.in_force_from:
        words = _("A new version starts after the version before it.")
        raise ProcedureRefused([Problem("", "starts_too_early", words)])
    for version in procedure.versions.scheduled(now).filter(in_force_from__gte=start):
        _void(version)


def _void(version: ProcedureVersion) -> None:
    version.in_force_until = version.in_force_from
    version.save(update_fields=["in_force_until"])


def _join_ends(procedure: Procedure) -> None:
    """Let each version end when the one after it begins, and the last one not at all."""
    standing = list(procedure.versions.ever_in_force().order_by("in_force_from", "number"))
    for version, after in itertools.zip_longest(standing, standing[1:]):
        end = after.in_force_from if after else None
        if version.in_force_until != end:
            version.in_force_until = end
            version.save(update_fields=["in_force_until"])


def _publish_revision(procedure: Procedure, by: User | None) -> None:
    """Tell Wagtail which revision is published; a procedure that only seeding has written has none."""
    if procedure.latest_revision:
        # The permission policy denies `publish` to everybody (docs/adr/0012); who may do this was decided before.
        PublishRevisionAction(procedure.latest_revision, user=by).execute(skip_permission_checks=True)


def _actor(by: User | None) -> Any:
    return get_actor(by) if by is not None else SYSTEM
