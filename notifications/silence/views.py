"""The page *How institutions answer*, and the same as CSV and PDF."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access.csv_files import iter_csv
from access.models import User
from audit.chain import get_actor, log_event
from notifications.briefs.documents import to_pdf
from notifications.directory.models import Role
from notifications.texts.senders import ORGANISATION

from .counting import Answers, OfficeAnswers, Times, count_answers
from .quarters import Quarter, list_quarters

HOUR, DAY = 60, 24 * 60


@method_decorator(never_cache, name="dispatch")
class SilenceView(WagtailAdminTemplateMixin, View):
    """How the institutions of this person's regions answered in one quarter (`?quarter=2026-4`)."""

    page_title = gettext_lazy("How institutions answer")
    template_name = "silence/report.html"
    header_icon = "history"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | StreamingHttpResponse:
        user = request.user
        assert isinstance(user, User)  # the policy table let nobody else in
        now = timezone.now()
        quarters = list_quarters(timezone.localdate(now))
        quarter = next((each for each in quarters if each.key == request.GET.get("quarter", quarters[0].key)), None)
        if quarter is None:
            raise Http404
        regions = list(user.coordinated_regions().order_by("name"))
        answers = count_answers(regions, quarter, now=now)
        form = request.GET.get("as", "")
        if form not in ("", "csv", "pdf"):
            raise Http404
        if form:
            log_event(
                "silence.exported", actor=get_actor(user), target_kind="silence", target_id=quarter.key, form=form
            )
            return _build_csv(answers) if form == "csv" else _build_pdf(answers, [each.name for each in regions], now)
        context = self.get_context_data(
            quarters=[(each.key, name_quarter(each)) for each in quarters],
            quarter=quarter.key,
            lines=[describe(each) for each in answers.offices],
            **_describe_checks(answers),
            regions=[each.name for each in regions],
        )
        return self.render_to_response(context)


def name_quarter(quarter: Quarter) -> str:
    """Return, for instance, "October to December 2026"."""
    months = (_("January to March"), _("April to June"), _("July to September"), _("October to December"))
    return f"{months[quarter.number - 1]} {quarter.year}"


def describe(answers: OfficeAnswers) -> dict[str, Any]:
    """Describe one institution's line for the page and the paper. Shares are of all it was notified of."""
    counts = [
        ("accepted", _("accepted"), answers.accepted),
        ("declined", _("declined"), answers.declined + answers.wrong_area),
        ("silent", _("no answer in time"), answers.silent),
        ("waiting", _("still in time"), answers.waiting),
    ]
    parts: list[dict[str, Any]] = []
    for kind, label, count in counts:
        if count:
            start = sum(part["count"] for part in parts)
            at, share = (f"{100 * each / answers.notified:.2f}" for each in (start, count))  # no decimal comma in SVG
            parts.append({"kind": kind, "label": label, "count": count, "start": at, "share": share})
    return {
        "name": answers.office.name,
        "role": str(Role(answers.office.role).label),
        "notified": answers.notified,
        "declined": answers.declined,
        "wrong_area": answers.wrong_area,
        "silent": answers.silent,
        "parts": parts,
        "times": [
            (label, times.count, word_minutes(times.median), word_minutes(times.slow))
            for label, times in (
                (_("opened after"), answers.to_open),
                (_("accepted after"), answers.to_accept),
                (_("outcome after"), answers.to_outcome),
            )
            if times.count
        ],
    }


def _describe_checks(answers: Answers) -> dict[str, Any]:
    """Say how the figures stand to the record. That stored ones differed is said of the quarter in which it was so."""
    differed_at = answers.differed_at
    if differed_at is not None and differed_at < answers.quarter.bounds[0]:
        differed_at = None
    return {"unrecorded": answers.unrecorded, "compared_at": answers.compared_at, "differed_at": differed_at}


def word_minutes(minutes: float | None) -> str:
    """Return a span as people say it: minutes, hours, days; "–" where there is none."""
    if minutes is None:
        return "–"
    if minutes < HOUR:
        whole = max(round(minutes), 1)
        return ngettext("%(n)s minute", "%(n)s minutes", whole) % {"n": whole}
    if minutes < 2 * DAY:
        return _("%(n)s h") % {"n": number_format(round(minutes / HOUR, 1), use_l10n=True)}
    days = round(minutes / DAY)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def _build_csv(answers: Answers) -> StreamingHttpResponse:
    """Build one line for each institution; times in minutes, with a decimal point in every language."""
    head: list[str | int | float | None] = [
        *(_("institution"), _("role"), _("notified"), _("accepted"), _("declined"), _("another area")),
        *(_("no answer in time"), _("still in time")),
        *(_("opened, median in minutes"), _("opened, 90th percentile in minutes")),
        *(_("accepted, median in minutes"), _("accepted, 90th percentile in minutes")),
        *(_("outcome, median in minutes"), _("outcome, 90th percentile in minutes")),
    ]
    rows = [head, *(_build_csv_row(each) for each in answers.offices)]
    response = StreamingHttpResponse(iter_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="answers-{answers.quarter.key}.csv"'
    return response


def _build_csv_row(each: OfficeAnswers) -> list[str | int | float | None]:
    counts = (each.notified, each.accepted, each.declined, each.wrong_area, each.silent, each.waiting)
    spans: list[float | None] = []
    for times in (each.to_open, each.to_accept, each.to_outcome):
        spans += _round(times)
    return [each.office.name, str(Role(each.office.role).label), *counts, *spans]


def _round(times: Times) -> list[float | None]:
    return [round(minutes, 1) if minutes is not None else None for minutes in (times.median, times.slow)]


def _build_pdf(answers: Answers, regions: list[str], now: datetime) -> HttpResponse:
    context = {
        "language": get_language(),
        "organisation": str(ORGANISATION),
        "title": name_quarter(answers.quarter),
        "regions": regions,
        "lines": [describe(each) for each in answers.offices],
        **_describe_checks(answers),
        "made_on": timezone.localdate(now),
    }
    html = render_to_string("silence/paper.html", context)
    pdf = to_pdf(html, identifier=f"silence {answers.quarter.key} {timezone.localdate(now)}").pdf
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="answers-{answers.quarter.key}.pdf"'
    return response
