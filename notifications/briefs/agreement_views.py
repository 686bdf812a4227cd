"""The register of agreements on paper, and per agreement what was told and answered under it."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from access.csv_files import iter_csv
from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from access.models import User
from audit.chain import get_actor, log_event
from content.printables.pdf import Rendered
from notifications.directory.agreements.admin import AgreementFilter
from notifications.directory.agreements.shareable import name_kinds
from notifications.directory.agreements.states import describe_state
from notifications.directory.agreements.views import get_own_agreement
from notifications.directory.models import Agreement, Role
from notifications.directory.scope import get_entries
from notifications.texts.senders import ORGANISATION

from .agreement_account import build_account, iter_rows
from .documents import to_pdf

TEMPLATE = "briefs/agreement_register.html"


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """Return the register of this person's agreements as a PDF, filtered as the list is. It is recorded."""
    assert isinstance(request.user, User)
    user = request.user
    mine = Agreement.objects.filter(pk__in=get_entries(user, Agreement).values("pk"))
    chosen = AgreementFilter(request.GET, queryset=mine, request=request)
    # What the list doesn't understand filters nothing there, nor here.
    found = chosen.qs if chosen.is_valid() else mine
    rows = found.select_related("partner").prefetch_related(
        "other_offices", "regions", "municipalities", "directorates", "documents"
    )
    language = translation.get_language() or DEFAULT_LANGUAGE
    rendered = render_register(list(rows.order_by("partner__role", "partner__slug", "pk")), language)
    log_event("directory.agreements_printed", actor=get_actor(user), target_kind="agreement", rows=found.count())
    response = HttpResponse(rendered.pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="agreements.pdf"'
    return response


def render_register(agreements: list[Agreement], language: str) -> Rendered:
    """Lay the register out in one language. Raises DocumentRefused, Busy."""
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    today = timezone.localdate()
    with translation.override(language):
        rows = [_build_row(each, describe_state(each, today)) for each in agreements]
        context = {"language": language, "organisation": str(ORGANISATION), "rows": rows, "today": today}
        html = render_to_string(TEMPLATE, context)
    return to_pdf(html, identifier=f"agreements-{today:%Y%m%d}")


def _build_row(agreement: Agreement, state: str) -> dict[str, object]:
    areas = [*agreement.regions.all(), *agreement.municipalities.all(), *agreement.directorates.all()]
    return {
        "agreement": agreement,
        "offices": [office.name for office in (agreement.partner, *agreement.other_offices.all())],
        "state": state,
        "areas": ", ".join(str(area) for area in areas),
        "roles": ", ".join(str(Role(role).label) for role in agreement.roles if role in Role.values),
        "facts": name_kinds(agreement.facts),
        "versions": len(agreement.documents.all()),
    }


@require_safe
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was told and answered under an agreement that this person manages. Others get a 404."""
    agreement = get_own_agreement(request, pk)
    context = {
        "agreement": agreement,
        "state": describe_state(agreement, timezone.localdate()),
        "account": build_account(agreement),
    }
    return render(request, "briefs/agreement_account.html", context)


@require_safe
def account_file(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Return the same as a table (CSV), each notice a line. It is recorded."""
    agreement = get_own_agreement(request, pk)
    log_event(
        "directory.agreement_account_exported",
        actor=get_actor(request.user),
        target_kind="agreement",
        target_id=agreement.pk,
    )
    response = StreamingHttpResponse(iter_csv(iter_rows(agreement)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="agreement-{agreement.pk}.csv"'
    return response
