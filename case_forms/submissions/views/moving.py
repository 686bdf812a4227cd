"""The page on which a form that stands in the wrong case is moved: propose it, and decide about it."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event
from case_forms.cases.facts.reading import get_head
from case_forms.cases.facts.views import in_lines
from case_forms.cases.finding.index import find_matches
from case_forms.cases.finding.links import find_visible
from case_forms.cases.models import Case, FormMove
from case_forms.cases.moving.allowed import list_readers, may_decide
from case_forms.cases.moving.telling import preview_move
from case_forms.form_builder.sources import Lists
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..attachments.named_files import files_of_submission
from ..drafts.filled import carried_over_in
from ..identity_index import identity_of
from ..languages import language_among
from ..models import Submission
from ..moving.actions import (
    MAX_WORDS,
    MoveRefused,
    agree_to_move,
    check_target,
    decline_move,
    get_refusal,
    propose_move,
    withdraw_move,
)
from ..readable_answers import SectionReading, mark_taken_over, read_stored
from ..validation.validate import CheckContext
from .page import frame, staff

MAX_LIKELY = 5  # cases that may be the person's, offered first
MAX_OWN = 50  # open cases offered while a reference is typed
NEW, BY_REFERENCE = "new", "other"  # what can be chosen beside a case that is offered
OF_TARGET = frozenset({"no_target", "unknown_case", "same_case", "drill", "other_region", "no_new_case"})
OF_REASON = frozenset({"no_reason", "too_long"})


@dataclass(frozen=True)
class Side:
    """One of the two cases, as the page that decides shows it: what is known of its person, and who may open it."""

    case: Case
    known: list[dict[str, Any]] = field(repr=False)
    readers: list[str]


@sensitive_post_parameters("reason", "answer")
@sensitive_variables("reason", "answer", "typed")
def move_form(request: HttpRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Show what is proposed or can be (GET); propose, agree, decline or withdraw (POST).

    404 for everybody but those who may propose or decide.
    """
    user = staff(request)
    found = visible_or_404(Submission, user, pk=submission_id)
    waiting = _get_waiting(found, user)
    if waiting is None and get_refusal(found, user) in ("not_allowed", "no_case"):
        raise Http404
    refused: MoveRefused | None = None
    if request.method == "POST":
        try:
            return _act(request, found, waiting, user)
        except MoveRefused as problem:
            if problem.code == "not_allowed":
                raise Http404 from None
            refused = problem
        # Somebody may have been faster: the page shows what is so now.
        found = visible_or_404(Submission, user, pk=submission_id)
        waiting = _get_waiting(found, user)
    page = _build_page(request, found, waiting, refused)
    return render(request, "submissions/move_form.html", page, status=422 if refused else 200)


def describe(found: Submission, user: User) -> dict[str, bool]:
    """Return for a form's own page whether it waits to be moved, and whether this person may propose that."""
    if found.case_id is None:
        return {}
    waits = FormMove.objects.waiting().filter(submission_id=found.pk).exists()
    may = get_refusal(found, user) not in ("not_allowed", "no_case", "corrected_since")
    return {"waits": waits and may, "may_propose": may and not waits}


def _get_waiting(found: Submission, user: User) -> FormMove | None:
    related = ("source__unit", "source__procedure_version", "target__unit", "target__procedure_version", "proposed_by")
    waiting = FormMove.objects.waiting().filter(submission_id=found.pk).select_related(*related).first()
    if waiting is None or waiting.proposed_by_id == user.pk or may_decide(waiting, user):
        return waiting
    # A third person who sees the wrong case sees that it is proposed, and not where to.
    if get_refusal(found, user) == "not_allowed":
        raise Http404
    return waiting


def _act(request: HttpRequest, found: Submission, waiting: FormMove | None, user: User) -> HttpResponse:
    do = request.POST.get("do", "")
    if do == "propose":
        target = _read_target(request, user)
        propose_move(submission=found, target=target, reason=request.POST.get("reason", ""), by=user)
        return redirect("intake:move_form", found.pk)
    if do not in ("agree", "decline", "withdraw"):
        raise Http404
    # The page names what it showed: what somebody else has proposed since is read first.
    if waiting is None or request.POST.get("move") != str(waiting.pk):
        raise MoveRefused("decided")
    answer = request.POST.get("answer", "")
    if do == "agree":
        done = agree_to_move(move=waiting, by=user, answer=answer)
        assert done.target is not None
        if Case.objects.visible_to(user).filter(pk=done.target.pk).exists():
            return redirect("intake:case_submission", done.target.reference, found.pk)
    elif do == "decline":
        decline_move(move=waiting, answer=answer, by=user)
    else:
        withdraw_move(move=waiting, by=user)
    return redirect("cases:case", waiting.source.reference)


def _read_target(request: HttpRequest, user: User) -> Case | None:
    """Return the case that was chosen; None for one of its own. Raises MoveRefused."""
    chosen = request.POST.get("target", "")
    if chosen == NEW:
        return None
    reference = request.POST.get("reference", "").strip().upper() if chosen == BY_REFERENCE else chosen
    if not reference:
        raise MoveRefused("no_target")
    target = find_visible(reference, user)
    if target is None:
        raise MoveRefused("unknown_case")
    return target


def _build_page(
    request: HttpRequest, found: Submission, waiting: FormMove | None, refused: MoveRefused | None
) -> dict[str, Any]:
    user = staff(request)
    code = refused.code if refused else ""
    against = MoveRefused(get_refusal(found, user)) if waiting is None else None
    page = frame(
        request,
        submission=found,
        case=found.case,
        waiting=waiting,
        refused=refused,
        problem_at="target" if code in OF_TARGET else "reason" if code in OF_REASON else "",
        against=against if against is not None and against.code else None,
        typed={name: request.POST.get(name, "") for name in ("target", "reference", "reason", "answer")},
        max_words=MAX_WORDS,
        new=NEW,
        by_reference=BY_REFERENCE,
    )
    if waiting is not None:
        return page | _describe_waiting(found, waiting, user)
    if page["against"] is None:
        page |= _list_targets(found, user)
    return page


def _list_targets(found: Submission, user: User) -> dict[str, Any]:
    """List the cases that the form may belong to: those that may be the person's, and whatever else can be typed."""
    source = found.case
    assert source is not None
    likely: list[Case] = []
    try:
        matches = find_matches(identity_of(found, found.answers or {}), without=source.pk)
    except (SealBroken, KeyRingError):
        matches = []
    visible = Case.objects.visible_to(user).filter(pk__in=[match.case.pk for match in matches])
    seen = set(visible.values_list("pk", flat=True))
    likely = [match.case for match in matches if match.case.pk in seen and not check_target(found, match.case, user)]
    own = Case.objects.seen_now_by(user).open().exclude(pk=source.pk).filter(is_drill=source.is_drill)
    return {"likely": likely[:MAX_LIKELY], "own": list(own.values_list("reference", flat=True)[:MAX_OWN])}


def _describe_waiting(found: Submission, waiting: FormMove, user: User) -> dict[str, Any]:
    """Return what the second person decides by: the form, and both cases. Each reading is recorded."""
    decides = may_decide(waiting, user)
    is_own = waiting.proposed_by_id == user.pk
    # Somebody else of the unit sees that it is proposed; where to, only whoever may open that case.
    sees = decides or is_own
    page: dict[str, Any] = {"recipient": preview_move(waiting.source) if decides else None}
    page |= {"may_decide": decides, "is_own": is_own, "sees_target": sees, "words": {}}
    if not sees:
        return page
    cases = [case for case in (waiting.source, waiting.target) if case is not None]
    with transaction.atomic():
        log_event("submission.read", actor=get_actor(user), target_kind="submission", target_id=found.pk)
        for case in cases:
            log_event("case.read", actor=get_actor(user), target_kind="case", target_id=case.pk)
        try:
            page["words"] = waiting.words or {}
            page["sections"] = _read(found, user)
        except (SealBroken, KeyRingError):
            page["sections"] = []
        page["sides"] = [Side(case, in_lines(get_head(case), user), list_readers(case, user)) for case in cases]
    return page


def _read(found: Submission, user: User) -> list[SectionReading]:
    form = found.form_version.parsed_form
    context = CheckContext(
        sources=Lists(user),
        today=timezone.localdate(found.received_at),
        occurred_on=timezone.localdate(found.occurred_at),
        language=language_among(form.languages, get_language() or settings.LANGUAGE_CODE),
        attachments=files_of_submission(found),
    )
    answers: Any = found.answers
    return mark_taken_over(read_stored(form, answers or {}, context), carried_over_in(found))
