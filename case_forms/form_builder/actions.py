"""The acts on a form: save its working copy, publish, restore, archive, copy, import.

Nothing here checks permissions: pages do, and `FormDefinition.publish` guards publication by people.
"""

import copy
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.actions.publish_revision import PublishRevisionAction
from wagtail.models import Revision

from access.models import User
from audit.chain import SYSTEM, Actor, get_actor, log_event

from . import canonical
from .checker import CheckedDefinition, check_definition, checked
from .definition import Form, Problem, shape_problems
from .dependents import problems_for_dependents
from .lists import Shared, resolved, unresolved
from .locked import renamed_values
from .models import FormDefinition, FormVersion, get_fact_catalogue, shared_lists

__all__ = [
    "DefinitionRefused",
    "FormIsLocked",
    "archive_form",
    "archiving_problems",
    "as_published",
    "make_form",
    "publish_form",
    "publishing_problems",
    "replace_draft",
    "restore_version",
    "save_definition",
]


CHANGED_SINCE = _(
    "A list of choices that the form uses was changed after it was submitted. Ask for changes: once it is submitted "
    "again, what you see is what will be published."
)


class DefinitionRefused(Exception):
    """Raised when a definition can't be published (or saved). `problems` says why, each with its path."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path or '/'}: {problem.code}" for problem in problems[:20]))
        self.problems = problems


class FormIsLocked(Exception):
    """Raised when a form waits for approval, or somebody locked it for themselves."""


def save_definition(*, key: str, definition: dict[str, Any], by: User | None = None) -> FormDefinition:
    """Make a form or change its working copy, and store a revision of it.

    A working copy may have problems of meaning, never of shape. Raises DefinitionRefused.
    """
    _raise_if(_problems_of_shape(key, definition))
    with transaction.atomic():
        form, made = FormDefinition.objects.select_for_update().get_or_create(
            key=key, defaults={"definition": copy.deepcopy(definition), "live": False}
        )
        # No revision without a change, as in the editor (`EditView.save_instance`).
        if made or not _same(form.working_copy(), definition):
            _keep(form, definition, by, log_action="wagtail.create" if made else "wagtail.edit")
    return form


def publish_form(
    *,
    form: FormDefinition,
    by: User | None = None,
    submitted_by: User | None = None,
    approved_sha256: str = "",
    asks_dependents: bool = True,
) -> FormVersion:
    """Publish the working copy as the next version, with the choices of its lists written into it.

    Content equal to the newest version's returns that version again. Audited either way.

    People reach this through `FormDefinition.publish`, which demands the approval of another coordinator; seeding calls
    it directly, and without `asks_dependents` when it publishes forms and procedures that belong together and checks
    them afterwards.

    `approved_sha256`: what was approved; other content, because somebody has changed a shared list since, is refused.
    Raises DefinitionRefused with every problem when the definition can't be filled.
    """
    with transaction.atomic():
        # Publishing twice at once must not give two versions one number, nor publish a draft that is being replaced.
        form = FormDefinition.objects.select_for_update().get(pk=form.pk)
        revision = form.latest_revision or form.save_revision(user=by)
        made = publishable(form.key, form.working_copy(), asks_dependents=asks_dependents)
        text = canonical.dump(made.to_json())
        # Compared over the resolved text: a shared list may have changed without any new revision of the form
        # (docs/adr/0075).
        if approved_sha256 and canonical.compute_sha256(text) != approved_sha256:
            raise DefinitionRefused([Problem("", "changed_since_submitted", CHANGED_SINCE)])
        version, is_new = _get_version(form, text, by, submitted_by)
        # The permission policy denies `publish` to everybody (docs/adr/0012); who may do this was decided before.
        PublishRevisionAction(revision, user=by).execute(skip_permission_checks=True)
        log_event(
            "form.published" if is_new else "form.published_unchanged",
            actor=_actor(by),
            target_kind="form_version",
            target_id=version.pk,
            form=form.key,
            number=version.number,
            sha256=version.sha256,
            submitted_by=submitted_by.pk if submitted_by else "",
        )
    return version


def as_published(definition: dict[str, Any]) -> dict[str, Any]:
    """Return what a version of this definition would hold today, with the choices of its lists in its questions."""
    return resolved(definition, shared_lists())


def publishing_problems(
    key: str, definition: dict[str, Any], shared: Shared | None = None, *, asks_dependents: bool = True
) -> list[Problem]:
    """Return everything that prevents publishing this definition as the form with this key.

    Checked in itself, against what was published of the form before, and for whatever depends on it.
    """
    return _prepared(key, definition, shared, asks_dependents=asks_dependents).problems


def publishable(key: str, definition: dict[str, Any], *, asks_dependents: bool = True) -> Form:
    """Return the form as a version of this definition would hold it. Raises DefinitionRefused."""
    made = _prepared(key, definition, asks_dependents=asks_dependents)
    if made.form is None or made.problems:
        raise DefinitionRefused(made.problems)
    return made.form


def _prepared(
    key: str, definition: dict[str, Any], shared: Shared | None = None, *, asks_dependents: bool = True
) -> CheckedDefinition:
    """Parse, resolve and check: by the rules, against what was published before, and by every dependent."""
    made = checked(definition, shared=shared or shared_lists(), facts=get_fact_catalogue())
    if made.form is None:
        return made
    # Nothing else is worth reporting: the checks below compare with what another form has published.
    if made.form.key != key:
        return CheckedDefinition(None, [_wrong_key()])
    found = [*made.problems, *renamed_values(key, made.form)]
    if asks_dependents:
        # Reasoning about conditions (`deep`) needs a form without problems of its own.
        found += problems_for_dependents(key, made.form, deep=not made.problems)
    return CheckedDefinition(made.form, found)


def restore_version(*, version: FormVersion, by: User) -> Revision:
    """Make a published version the working copy again, as a new revision. Audited. Raises FormIsLocked."""
    with transaction.atomic():
        form = FormDefinition.objects.select_for_update().get(pk=version.form_id)
        raise_if_locked(form, by)
        revision = _keep(form, unresolved(version.definition), by, log_action="wagtail.revert")
        log_event(
            "form.restored",
            actor=_actor(by),
            target_kind="form_version",
            target_id=version.pk,
            form=form.key,
            number=version.number,
        )
    return revision


def archive_form(*, form: FormDefinition, is_archived: bool, by: User) -> bool:
    """Take a form out of use, or back into it. Return whether anything changed.

    Nobody begins an archived form; drafts of it may be finished, and every answer stays. Audited.

    Raises DefinitionRefused when something that depends on the form would stop working, or no longer works with it.
    """
    with transaction.atomic():
        form = FormDefinition.objects.select_for_update().get(pk=form.pk)
        if form.is_archived != is_archived:
            _raise_if(archiving_problems(form, is_archived=is_archived))
        # Conditional, so that pressing twice writes one audit entry.
        changed = bool(
            FormDefinition.objects.filter(pk=form.pk, is_archived=not is_archived).update(is_archived=is_archived)
        )
        if changed:
            log_event(
                "form.archived" if is_archived else "form.unarchived",
                actor=_actor(by),
                target_kind="form",
                target_id=form.pk,
                form=form.key,
            )
    return changed


def archiving_problems(form: FormDefinition, *, is_archived: bool) -> list[Problem]:
    """Return what prevents archiving a form or taking it back into use.

    A form that was never published has no dependents.
    """
    newest = form.newest_version()
    if newest is None:
        return []
    return problems_for_dependents(form.key, None if is_archived else newest.parsed_form)


def make_form(*, definition: dict[str, Any], by: User, origin: str) -> FormDefinition:
    """Make a new form. Audited. Raises DefinitionRefused when the definition is misshapen or its key is taken.

    `origin`: "new", "json", "xlsform", or "copy:<key>" with the key of the form it is a copy of.
    """
    # The working copy may have problems of meaning, but its key is permanent: that one is checked now.
    found = shape_problems(definition) or [
        problem for problem in check_definition(definition) if problem.path == "/key"
    ]
    if not found and FormDefinition.objects.filter(key=definition["key"]).exists():
        found = [Problem("/key", "duplicate_key", _("Another form has this key."))]
    _raise_if(found)
    with transaction.atomic():
        form = save_definition(key=definition["key"], definition=definition, by=by)
        log_event("form.made", actor=_actor(by), target_kind="form", target_id=form.pk, form=form.key, origin=origin)
    return form


def replace_draft(*, form: FormDefinition, definition: dict[str, Any], by: User, origin: str) -> Revision:
    """Make a definition from elsewhere the working copy of a form, as a new revision. Audited.

    `origin` as in `make_form`. Raises DefinitionRefused, FormIsLocked.
    """
    _raise_if(_problems_of_shape(form.key, definition))
    with transaction.atomic():
        form = FormDefinition.objects.select_for_update().get(pk=form.pk)
        raise_if_locked(form, by)
        revision = _keep(form, definition, by, log_action="wagtail.edit")
        log_event(
            "form.draft_replaced", actor=_actor(by), target_kind="form", target_id=form.pk, form=form.key, origin=origin
        )
    return revision


def note_export(*, form: FormDefinition, by: User, format: str, number: int | None = None) -> None:
    """Write the audit entry that somebody took a form out as a file: a version, or the draft where `number` is None."""
    log_event(
        "form.exported",
        actor=get_actor(by),
        target_kind="form",
        target_id=form.pk,
        form=form.key,
        format=format,
        number=number or "",
    )


def raise_if_locked(form: FormDefinition, user: User) -> None:
    lock = form.get_lock()
    if lock is not None and lock.for_user(user):
        raise FormIsLocked


def _keep(form: FormDefinition, definition: dict[str, Any], by: User | None, *, log_action: str) -> Revision:
    """Store a revision with this definition; what is published stays as it is."""
    draft = form.get_latest_revision_as_object()
    draft.definition = copy.deepcopy(definition)
    # `definition` holds what is published. Before the first publication it follows the draft, so that lists and
    # filters, which read the row, have a title and a kind to show.
    if not form.live:
        FormDefinition.objects.filter(pk=form.pk).update(definition=draft.definition)
    revision = draft.save_revision(user=by, clean=False, log_action=log_action)
    # Saving the revision has set `latest_revision` on the row; the caller's object doesn't know it yet.
    form.refresh_from_db()
    return revision


def _get_version(
    form: FormDefinition, text: str, by: User | None, submitted_by: User | None
) -> tuple[FormVersion, bool]:
    digest = canonical.compute_sha256(text)
    newest = form.newest_version()
    if newest and newest.sha256 == digest:
        return newest, False
    made = FormVersion.objects.create(
        form=form,
        number=newest.number + 1 if newest else 1,
        canonical=text,
        sha256=digest,
        published_by=by,
        submitted_by=submitted_by,
    )
    return made, True


def _problems_of_shape(key: str, definition: Any) -> list[Problem]:
    found = shape_problems(definition)
    if not found and definition["key"] != key:
        found = [_wrong_key()]
    return found


def _wrong_key() -> Problem:
    return Problem("/key", "wrong_key", _("The key inside the definition is a different one."))


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Compare as text: to Python true, 1 and 1.0 are equal."""
    return canonical.dump(one) == canonical.dump(other)


def _raise_if(found: list[Problem]) -> None:
    if found:
        raise DefinitionRefused(found)


def _actor(by: User | None) -> Actor:
    return get_actor(by) if by else SYSTEM
