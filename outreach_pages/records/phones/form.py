"""The record of a session as a phone takes it along: the page's own fields, and what the phone itself checks.

The kit is the one that the session is planned with: whoever used another one says so online, where its materials are.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from access.models import User

from ...kits.models import KitVersion
from ..forms.outcome import CLASS_SIZE, IN_CLASS, OutcomeForm
from ..forms.plan import PlanForm
from ..labels import SessionState
from ..models import InformativeSession
from ..permissions import get_permissions, get_plannable_units

FORM, PLAN_FORM = "session_record", "session_plan"  # what a phone writes as its form, with a marked field beside
VERSION = 1  # of both forms: what an older phone wrote is read by it, or set aside
SESSION, SEEN = "_session", "_seen"  # the session's key, and the state in which the phone knew it
PLAN, PLANNED_HERE = "_plan", "planned_here"  # the latter is what SEEN says of a session that was planned on the phone
CONFIRMED = "_confirmed"  # with what is set aside: a field whose warning was answered on the phone

KIT_PLACE = mark_safe("<div data-kit></div>")  # in a blank record: where the boxes of the planned kit go


def may_take_along(user: User, session: InformativeSession) -> bool:
    """Whether this person records it on a phone: their unit's, until it has its report."""
    return get_permissions(user, session).may_record and session.state != SessionState.REPORTED


def describe_state(session: InformativeSession) -> str:
    """Return what changes whenever somebody records the session."""
    return f"{session.state} {session.changed_at.isoformat()}"


def build_record_package(session: InformativeSession) -> dict[str, Any]:
    """Build the form with what is known, in the active language.

    Returns {"session", "version", "title", "html", "fields": what a draft begins with, "words", "class_size": above how
    many the phone asks, 0 for any, "asks_used": whether it asks about materials of which none is ticked, "sha256"}.
    """
    form = OutcomeForm(instance=session)
    version = form.shown_version
    context = {"form": form, "session": session, "on_phone": True, "with_kit": version is not None}
    package = {
        "session": str(session.pk),
        "version": VERSION,
        "title": f"{session.get_audience_display()}, {session.municipality}",
        "html": render_to_string("outreach_pages/records/_outcome_fields.html", context),
        "fields": _get_hidden(session, form),
        "class_size": CLASS_SIZE if session.audience in IN_CLASS else 0,
        "asks_used": version is not None and bool(version.content["materials"]),
        "words": _get_words(),
    }
    return _sign(package)


def build_plan_package(user: User) -> dict[str, Any] | None:
    """Build the form that plans a session, in the active language; None for whoever plans for no unit.

    Returns {"version", "html", "fields", "words", "sha256"} as `build_record_package` does, and "record": the blank
    form that records what was planned so, or None for whoever records for no unit.
    """
    if not get_plannable_units(user).exists():
        return None
    form = PlanForm(user=user)
    html = render_to_string("outreach_pages/records/_plan_fields.html", {"form": form})
    kits = [pk for pk, _label in _iter_choices(form.fields["kit_version"].choices) if pk]  # type: ignore[attr-defined]
    package = {
        "version": VERSION,
        "html": html,
        "fields": [[PLAN, "1"]],
        "words": {
            "missing": _("Answer this question."),
            "ends": _("It ends before it starts. Write when it ends."),
        },
        "record": build_blank_record(kits) if user.units().exists() else None,
    }
    return _sign(package)


def build_blank_record(kits: Collection[int]) -> dict[str, Any]:
    """Build the form that records a session which isn't here yet, with the boxes of each of these versions of kits.

    Returns {"version", "html", "kit_place": the text in it where they go, "kits": {version: {"html", "asks_used"}},
    "fields", "kit_fields": those that name a kit's version, "words", "class_size", "in_class": audiences of which
    class_size is asked}.
    """
    form = OutcomeForm(instance=InformativeSession())
    context = {"form": form, "on_phone": True, "kit_place": KIT_PLACE}
    return {
        "version": VERSION,
        "html": render_to_string("outreach_pages/records/_outcome_fields.html", context),
        "kit_place": KIT_PLACE,
        # An empty value is the plan's key.
        "fields": [[SESSION, ""], [SEEN, PLANNED_HERE]],
        "kit_fields": ["kit_version", OutcomeForm.SHOWN_VERSION],
        "kits": {str(version.pk): _build_boxes(version) for version in KitVersion.objects.filter(pk__in=kits)},
        "words": _get_words(),
        "class_size": CLASS_SIZE,
        "in_class": [str(audience.value) for audience in IN_CLASS],
    }


def _build_boxes(version: KitVersion) -> dict[str, Any]:
    form = OutcomeForm(instance=InformativeSession(kit_version=version))
    boxes = form["used"] if version.content["materials"] else None
    html = render_to_string("outreach_pages/records/ticks.html", {"field": boxes}) if boxes is not None else ""
    return {"html": html, "asks_used": boxes is not None}


def _iter_choices(choices: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield (value, label) of a select, whether or not it stands in a group."""
    for value, label in choices:
        yield from label if isinstance(label, (list, tuple)) else [(value, label)]


def _sign(package: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(package, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return {**package, "sha256": digest}


def _get_hidden(session: InformativeSession, form: OutcomeForm) -> list[list[str]]:
    version = form.shown_version
    named = str(version.pk) if version is not None else ""
    hidden = [[SESSION, str(session.pk)], [SEEN, describe_state(session)], ["kit_version", named]]
    return [*hidden, [OutcomeForm.SHOWN_VERSION, named]] if named else hidden


def _get_words() -> dict[str, str]:
    return {
        "total": _("Write how many came: one or more. If nobody came, cancel it."),
        "sum": _("The table adds up to {sum}, and you counted {total} at the door. Check both."),
        "topics": _("Tick at least one topic."),
        "method": _("Choose the method."),
        "number": _("Write whole numbers only."),
        "class": _("{total} is more than a class: is it one session? Two separate classes are two sessions."),
        "class_yes": _("It was one session"),
        "used": _("You named a kit, and no material of it is ticked."),
        "used_yes": _("None of them was used"),
    }


def read_named_kit(fields: Iterable[Sequence[str]]) -> int | None:
    """Return the version of a kit that a phone wrote, which may have been replaced since; None where it named none."""
    named = next((value for name, value in fields if name == "kit_version"), "")
    return int(named) if named.isdecimal() and named.isascii() and len(named) < 10 else None


def read_confirmed(fields: Iterable[Sequence[str]]) -> set[str]:
    """Return the fields whose warning was answered on the phone, of what was set aside."""
    return {value for name, value in fields if name == CONFIRMED}


def read_posted(fields: list[tuple[str, str]]) -> QueryDict:
    """Return what a phone wrote as the page posts it."""
    posted = QueryDict(mutable=True)
    for name, value in fields:
        if not name.startswith("_"):
            posted.appendlist(name, value)
    return posted
