"""The view behind the editor's preview."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from access.languages import get_current_language
from case_forms.submissions.views.page import staff

from .page import Shown, shown_for
from .trial import OCCURRED, NotATrial, Trial, trial_from


# test answers may be real ones: none of them in an error report
@sensitive_variables()
@sensitive_post_parameters()
@require_POST
def try_form(request: HttpRequest) -> HttpResponse:
    """Run a trial of a form; nothing of it is stored.

    Returns {"page": a whole document for a frame, "report": HTML, "section": its key, "language": code, "languages":
    [[code, name], ...]}.
    """
    if not staff(request).has_perm("builder.change_formdefinition"):
        raise PermissionDenied
    try:
        trial = trial_from(request.body)
    except NotATrial:
        return JsonResponse({}, status=400)
    shown = shown_for(trial, get_current_language())
    return JsonResponse(
        {
            "page": render_to_string("form_preview/page.html", _page_context(trial, shown), request),
            "report": render_to_string("form_preview/report.html", {"shown": shown}, request),
            "section": shown.section,
            "language": shown.language,
            "languages": shown.languages,
        }
    )


def _page_context(trial: Trial, shown: Shown) -> dict[str, object]:
    now = timezone.localtime()
    occurred = next((typed[OCCURRED] for typed in trial.fields.values() if OCCURRED in typed), "")
    return {
        "shown": shown,
        "page": shown.page,
        "new_row_in": shown.new_row_in,
        "occurred_value": occurred or now.strftime("%Y-%m-%dT%H:%M"),
        "latest": now.strftime("%Y-%m-%dT23:59"),
    }
