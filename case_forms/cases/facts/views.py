"""What is known about the person of a case: all of it, and the history of one fact."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from access.models import User
from access.scoping import visible_or_404
from audit import clock
from audit.chain import get_actor, log_event
from case_forms.form_builder.fact_types import FactType
from case_forms.form_builder.models import get_fact_catalogue
from case_forms.form_builder.sources import Lists

from ..lead import may_lead
from ..models import Case, FormMove
from .actions import note_no_longer_known
from .reading import KnownFact, fact_label, get_history, get_known
from .risk import RISK, refresh_risk


def facts(request: HttpRequest, reference: str) -> HttpResponse:
    """Show everything that is known about the person now. Recorded."""
    case, user = _case(request, reference)
    # the record first, in one transaction: what can't be recorded isn't shown
    with transaction.atomic():
        log_event("case.fact_read", actor=get_actor(user), target_kind="case", target_id=case.pk, fact="")
        known = get_known(case)
    lines = sorted(in_lines(known.values(), user), key=lambda line: line["label"])
    return render(request, "cases/facts.html", {"place_name": case.unit.name, "case": case, "known": lines})


def fact(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Show everything that was ever said of one fact (GET, recorded); note that it is no longer known (POST)."""
    case, user = _case(request, reference)
    found = get_fact_catalogue().get(key)
    if found is None:
        raise Http404
    may_note = may_lead(case, user)
    if request.method == "POST":
        return _ended(case, found, user, may_note=may_note)
    with transaction.atomic():
        log_event("case.fact_read", actor=get_actor(user), target_kind="case", target_id=case.pk, fact=key)
        history = get_history(case, found, _language())
    moved = [move.decided_at for move in FormMove.objects.agreed().filter(source=case) if key in move.facts]
    if not history and not moved:
        raise Http404
    is_known = bool(history) and (history[0].row.value["value"] is not None if history[0].words else True)
    context = {
        "place_name": case.unit.name,
        "case": case,
        "key": key,
        "label": fact_label(found, _language()),
        "history": history,
        # that a form which had said something of it was moved away: when, and not what it said
        "moved": moved,
        "may_end": may_note and is_known,
    }
    return render(request, "cases/fact.html", context)


def _ended(case: Case, found: FactType, user: User, *, may_note: bool) -> HttpResponse:
    # pressed twice, or by two at once: the second changes nothing
    if not may_note:
        raise Http404
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        if get_known(case, keys={found.key}):
            note_no_longer_known(case=case, key=found.key, by=user, at=clock.now())
            if found.key == RISK:
                refresh_risk(case)
    return redirect("cases:fact", case.reference, found.key)


def in_lines(known: Iterable[KnownFact], user: User) -> list[dict[str, Any]]:
    """Return known facts as the pages show them: label, words, since when, said when, and by which form."""
    language, sources = _language(), Lists(user)
    return [
        {
            "key": each.fact.key,
            "label": fact_label(each.fact, language),
            "words": each.in_words(language, sources),
            "since": each.since,
            "said_at": each.said_at,
            "source": each.source_title,
        }
        for each in known
    ]


def _case(request: HttpRequest, reference: str) -> tuple[Case, User]:
    assert isinstance(request.user, User)
    return visible_or_404(Case, request.user, reference=reference), request.user


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE
