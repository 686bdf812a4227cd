"""The pages on which a step of a referral is noted, and the person is referred to another service."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User
from access.scoping import visible_or_404
from notifications.briefs.replies import NOTE_LENGTH
from notifications.briefs.role_choices import REASONS

from ..as_recipient import AsRecipient, describe_as_recipient
from ..closing.actions import may_ask
from ..models import Case, Referral
from ..moments import read_moment
from .actions import MAX_NAME, Step, get_decline_codes, note_step
from .again import CannotRefer, list_services, read_first, refer_again
from .models import StepKind, Way
from .moves import StepRefused, list_ways
from .outcomes import get_choices
from .shown import BUTTONS

WAYS: dict[str, str | Promise] = {
    Way.UNIT: _("We know it ourselves"),
    Way.PHONE: _("The service said so on the phone"),
}
SENT = ("way", "reason", "due", "who", "said_by", "note")
PROBLEMS: dict[str, str | Promise] = {
    "closed": _("The case is closed, so nobody can be referred."),
    "running": _("This referral goes on. Note first that it was declined, was not answered, or has ended."),
    "unknown": _("Choose a service from the list."),
    "asked": _("This service has been asked already, and its referral goes on."),
    "unreadable": _("What was written for the first service can't be read any more. Send a new referral form."),
}


@sensitive_post_parameters("note", "who", "said_by")
@sensitive_variables("sent")
def step(request: HttpRequest, reference: str, referral: UUID, kind: str) -> HttpResponse:
    """Ask for what belongs to a step (GET); note it (POST). A second press leads back to the case."""
    user, case, found = _find(request, reference, referral)
    if kind not in BUTTONS:
        raise Http404
    sent = {name: request.POST.get(name, "") for name in SENT}
    ways = list_ways(found.state, kind, Way.UNIT, Way.PHONE)
    problem: StepRefused | None = None
    if request.method == "POST":
        try:
            _note(found, kind, sent, user)
            return redirect("cases:case", case.reference)
        except StepRefused as refused:
            problem = refused
    elif not ways:
        return redirect("cases:case", case.reference)
    context = {
        "place_name": case.unit.name,
        "case": case,
        "referral": found,
        "kind": kind,
        "title": BUTTONS[kind],
        "ways": [(way.value, WAYS[way]) for way in ways],
        "choices": _get_choices(found, kind),
        "asks_accompaniment": kind == StepKind.AGREED,
        "max_note": NOTE_LENGTH,
        "max_name": MAX_NAME,
        "problem": problem,
        **sent,
    }
    status = 200 if problem is None else 422 if problem.field else 409
    return render(request, "cases/referring/step.html", context, status=status)


def _note(referral: Referral, kind: str, sent: dict[str, str], user: User) -> None:
    way = sent["way"]
    if way not in WAYS:
        raise StepRefused("way_missing")
    note_step(
        referral=referral,
        step=Step(
            kind=kind,
            way=way,
            reason=sent["reason"],
            due_at=read_moment(sent["due"]),
            note=sent["note"].replace("\r\n", "\n"),
            who=sent["who"],
            said_by=sent["said_by"],
        ),
        by=user,
    )


def _get_choices(referral: Referral, kind: str) -> list[tuple[str, Any]]:
    if kind == StepKind.DECLINED:
        return [(code, REASONS[code]) for code in get_decline_codes(referral)]
    return list(get_choices()) if kind == StepKind.FINISHED else []


def another(request: HttpRequest, reference: str, referral: UUID) -> HttpResponse:
    """List the other services, with one press each (GET); refer the person (POST)."""
    user, case, found = _find(request, reference, referral)
    problem = ""
    if request.method == "POST":
        chosen = request.POST.get("partner", "")
        # At most 18 digits: SQLite refuses a number beyond 64 bits with an error instead of finding nothing.
        partner_id = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None
        try:
            refer_again(referral=found, partner_id=partner_id, by=user)
            return redirect("cases:case", case.reference)
        except CannotRefer as refused:
            problem = refused.words or str(PROBLEMS[refused.code])
    context = {
        "place_name": case.unit.name,
        "case": case,
        "referral": found,
        "services": list_services(case, found),
        "recipient": _describe_recipient(found),
        "problem": problem,
    }
    return render(request, "cases/referring/another.html", context, status=422 if problem else 200)


def _describe_recipient(referral: Referral) -> AsRecipient | None:
    """Describe what the next service would get; None where the first notice can't be read, which sending says too."""
    try:
        return describe_as_recipient(read_first(referral))
    except CannotRefer:
        return None


def _find(request: HttpRequest, reference: str, key: UUID) -> tuple[User, Case, Referral]:
    """Return who asks, their case and its referral. 404 for a referral of another case, and for who only looks on."""
    assert isinstance(request.user, User)
    case = visible_or_404(Case, request.user, reference=reference)
    found = Referral.objects.filter(case=case, pk=key).select_related("partner").first()
    if found is None or not may_ask(case, request.user):
        raise Http404
    return request.user, case, found
