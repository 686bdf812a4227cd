"""The pages about what a person asks of their own data: of a case, of one request, and the file."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event

from ..adopting import may_adopt
from ..closing.actions import may_ask
from ..consent.gate import may_leave
from ..models import Case
from .actions import (
    CannotAnswer,
    NewRequest,
    Proposal,
    call_off_erasure,
    decide_answer,
    hand_over,
    propose_answer,
    register_request,
    withdraw_request,
)
from .choices import get_choices, label_choice
from .document import render_pdf
from .erasure import STOPS, AskedInForm, find_stops, list_asked_in_forms, list_unregistered
from .forms import CallOffForm, DecisionForm, HandOverForm, ProposalForm, RegisterForm
from .held import OTHERS, OWN, WORDS, HeldForm, compute_fingerprint, read_held
from .models import UNDECIDED, RightKind, RightOutcome, RightsRequest, RightState

WHY = "why:"  # before the key of a piece, in the name of its field
ROAD = "persons_file"  # of the gate for sharing
WORDS_SENT = ("identity_words", "request_words", "words")
PROBLEMS: dict[str, str | Promise] = {
    "asked_already": _("A request of this kind is being worked on already."),
    "forgotten": _("This case is forgotten already: nothing is stored that could be given out."),
    "changed": _("Something was added to this case since you opened this page. Look at it again, then propose."),
    "own_request": _("Somebody else than the people who registered or proposed it must decide."),
    "stopped": _("Something stops the erasure. The page says what."),
    "bad_day": _("Give a day that is still to come, and for which the person needn’t wait longer than the law allows."),
    "day_over": _("The day of the erasure is over, or is today. Send it back, so that another day is proposed."),
    "no_document": _("The file has been deleted: its days are over. Register the request again."),
}


@never_cache
@sensitive_post_parameters(*WORDS_SENT)
@sensitive_variables("form", "given")
def requests(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the requests of a case (GET); register one (POST)."""
    user, case = _get_case(request, reference)
    asked = _list_asked(case, user)
    begun = {"kind": asked[0].kind, "asked_on": asked[0].on} if asked else {}
    form = RegisterForm(request.POST if request.method == "POST" else None, initial=begun)
    problem = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = register_request(case=case, wanted=NewRequest(**given), by=user)
        except CannotAnswer as refused:
            problem = refused.code
        else:
            return redirect("cases:right", case.reference, made.pk)
    page = {
        "form": form,
        "problem": PROBLEMS.get(problem, ""),
        "found": RightsRequest.objects.filter(case=case).defer("words", "document"),
        "may_register": case.forgotten_at is None,
        "asked_in_forms": asked,
    }
    return _render(request, "cases/rights/requests.html", case, page, 422 if problem or form.errors else 200)


@never_cache
@sensitive_post_parameters(*WORDS_SENT)
@sensitive_variables("forms", "page", "held")
def one_request(request: HttpRequest, reference: str, request_id: UUID) -> HttpResponse:
    """Show one request (GET); propose, decide, hand over or withdraw (POST)."""
    user, case = _get_case(request, reference)
    found = visible_or_404(RightsRequest, user, pk=request_id, case=case)
    act = request.POST.get("do", "") if request.method == "POST" else ""
    forms = _build_forms(found, act, request)
    problem = ""
    if act:
        try:
            if _carry_out(found, act, forms, request, user):
                return redirect("cases:right", case.reference, found.pk)
        except CannotAnswer as refused:
            if refused.code == "not_allowed":
                raise Http404 from None
            if refused.code not in PROBLEMS:
                return redirect("cases:right", case.reference, found.pk)
            problem = refused.code
    is_reviewing = found.kind == RightKind.ACCESS and found.state == RightState.OPEN
    # What the case holds is read here, or was frozen for this page: either is reading the case.
    log_event("case.read", actor=get_actor(user), target_kind="case", target_id=case.pk)
    held = read_held(case, found.language) if is_reviewing else []
    stops = _list_stops(found)
    may_decide = (
        found.state == RightState.PROPOSED
        and may_adopt(case, user)
        and user.pk not in (found.registered_by_id, found.proposed_by_id)
    )
    page = {
        "found": found,
        "words": found.words,
        "forms": forms,
        "problem": PROBLEMS.get(problem, ""),
        "stops": stops.values(),
        "asked_besides": list_unregistered(found) if "asked" in stops else [],
        "held": _list_held(held, request.POST.getlist("keep") if act == "propose" else None, _get_reasons(request)),
        "why_left_out": get_choices("left_out"),
        "seen": compute_fingerprint(held),
        "others": sum(piece.kind == OTHERS for each in held for piece in each.pieces),
        "through": label_choice("received_through", found.received_through),
        "identity": label_choice("identity", found.identity),
        "refusal": label_choice("refusals", found.refusal),
        "handed_to": label_choice("handed_to", found.handed_to),
        "document": found.document if found.state != RightState.OPEN and (may_decide or found.has_document) else None,
        "may_decide": may_decide,
        "is_unsafe": found.received_through in ("guardian", "lawyer"),
    }
    has_errors = any(form.errors for form in forms.values())
    status = 409 if problem == "changed" else 422 if problem or has_errors else 200
    return _render(request, "cases/rights/request.html", case, page, status)


@never_cache
def file(request: HttpRequest, reference: str, request_id: UUID, ending: str) -> HttpResponse:
    """Give out the file, as PDF or JSON, after two have agreed. Each time is recorded."""
    user, case = _get_case(request, reference)
    found = visible_or_404(RightsRequest, user, pk=request_id, case=case)
    if not found.has_document or ending not in ("pdf", "json") or not may_leave(case, ROAD).is_allowed:
        raise Http404
    with transaction.atomic():
        # First the entry: what can't be recorded isn't given out.
        log_event(
            "rights.fetched",
            actor=get_actor(user),
            target_kind="case",
            target_id=case.pk,
            request=str(found.pk),
            format=ending,
        )
    answer: HttpResponse
    if ending == "json":
        document: Any = found.document
        answer = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    else:
        answer = HttpResponse(render_pdf(found), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{case.reference}.{ending}"'
    return answer


def _build_forms(found: RightsRequest, act: str, request: HttpRequest) -> dict[str, Any]:
    """Build the forms that the request's state offers, bound where one was sent."""

    def sent(*acts: str) -> Any:
        return request.POST if act in acts else None

    if found.state == RightState.OPEN:
        return {"proposal": ProposalForm(sent("propose"), found=found)}
    if found.state == RightState.PROPOSED:
        return {"decision": DecisionForm(sent("agree", "send_back"), agree=act != "send_back")}
    built: dict[str, Any] = {}
    if found.state == RightState.DECIDED and found.has_document:
        built["handing"] = HandOverForm(sent("hand_over"), with_words=found.case.forgotten_at is None)
    if found.is_erasing and found.case.forgotten_at is None:
        built["calling_off"] = CallOffForm(sent("call_off"), auto_id="id_off_%s")
    return built


def _carry_out(found: RightsRequest, act: str, forms: dict[str, Any], request: HttpRequest, user: User) -> bool:
    """Do what was asked for; False when something typed is wrong. Raises CannotAnswer."""
    if act == "withdraw":
        withdraw_request(request=found, by=user)
        return True
    form = next((form for form in forms.values() if form.is_bound), None)
    if form is None:
        raise CannotAnswer("not_open")
    if not form.is_valid():
        return False
    given = form.cleaned_data
    if act == "propose":
        wanted = Proposal(
            outcome=given["outcome"],
            refusal=given.get("refusal", "") if given["outcome"] == RightOutcome.REFUSED else "",
            words=given["words"],
            kept=request.POST.getlist("keep"),
            reasons=_get_reasons(request),
            seen=request.POST.get("seen", ""),
            erase_on=given.get("erase_on"),
        )
        propose_answer(request=found, wanted=wanted, by=user)
    elif act == "call_off":
        call_off_erasure(request=found, by=user, words=given["words"])
    elif act == "hand_over":
        hand_over(request=found, to=given["to"], on=given["on"], words=given.get("words", ""), by=user)
    else:
        decide_answer(request=found, agree=act == "agree", by=user, words=given["words"])
    return True


def _list_asked(case: Case, user: User) -> list[AskedInForm]:
    """List what forms of the case say that the person asks and nobody has registered. It reads them."""
    if case.forgotten_at is not None:
        return []
    log_event("case.read", actor=get_actor(user), target_kind="case", target_id=case.pk)
    return list_asked_in_forms(case)


def _list_stops(found: RightsRequest) -> dict[str, str | Promise]:
    """Return what stops an erasure that isn't carried out yet: {code: words}."""
    is_waiting = found.state in UNDECIDED or found.is_erasing
    if found.kind != RightKind.ERASURE or not is_waiting or found.case.forgotten_at is not None:
        return {}
    return {code: STOPS[code] for code in find_stops(found)}


def _get_reasons(request: HttpRequest) -> dict[str, str]:
    """Return {key of a piece: code} of why pieces are left out, as the page sends it."""
    sent = ((name, value) for name, value in request.POST.items() if name.startswith(WHY) and value)
    return {name.removeprefix(WHY): str(value) for name, value in sent}


def _list_held(forms: list[HeldForm], kept: list[str] | None, reasons: dict[str, str]) -> list[dict[str, Any]]:
    """List what the page offers to leave in: closed answers ticked, texts not; what is about others isn't offered."""
    chosen = None if kept is None else set(kept)
    listed = []
    for form in forms:
        pieces = [
            {
                "piece": piece,
                "is_words": piece.kind == WORDS,
                "is_kept": piece.kind == OWN if chosen is None else piece.key in chosen,
                "reason": reasons.get(piece.key, ""),
            }
            for piece in form.pieces
            if piece.kind != OTHERS
        ]
        if pieces:
            listed.append({"form": form, "pieces": pieces})
    return listed


def _get_case(request: HttpRequest, reference: str) -> tuple[User, Case]:
    """Return who asks, and the case, if they work in its unit or coordinate it. Raises Http404."""
    assert isinstance(request.user, User)
    case = visible_or_404(Case, request.user, reference=reference)
    if not may_ask(case, request.user):
        raise Http404
    return request.user, case


def _render(request: HttpRequest, template: str, case: Case, page: dict[str, Any], status: int) -> HttpResponse:
    return render(request, template, {"place_name": case.unit.name, "case": case, **page}, status=status)
