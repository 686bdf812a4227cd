"""URLs of the editors' own pages in the admin, under `cms/public/` (one row in access/policy.py)."""

from django.urls import include, path

from .checks.views import ChecksOnCreate, ChecksOnEdit
from .hotlines.views import hide_from_readers, record_test_call
from .law.views import numbers
from .reports.views import ChangesReport, FindingsReport, HotlinesReport, ReviewByReport
from .review.deletion_views import delete, list_deleted
from .review.views import decide, submit

REPORTS = (
    ("look-again", "review_by_report", ReviewByReport),
    ("lines", "lines_report", HotlinesReport),
    ("checks", "findings_report", FindingsReport),
    ("changes", "changes_report", ChangesReport),
)

review = [
    path("<int:state_id>/", decide, name="decide"),
    path("translation/<int:page_id>/", submit, name="submit_translation"),
    path("delete/<int:page_id>/", delete, name="delete"),
    path("deleted/", list_deleted, name="deleted"),
]

urlpatterns = [
    path("line/<int:pk>/called/", record_test_call, name="line_called"),
    path("line/<int:pk>/hide/", hide_from_readers, name="line_hide"),
    path("review/", include((review, "review"))),
    path("reports/numbers/", numbers, name="numbers_report"),
    path("check/page/<int:page_id>/", ChecksOnEdit.as_view(), name="checks_on_edit"),
    path(
        "check/new/<slug:content_type_app_name>/<slug:content_type_model_name>/<int:parent_page_id>/",
        ChecksOnCreate.as_view(),
        name="checks_on_create",
    ),
]
for slug, name, view in REPORTS:
    urlpatterns += [
        path(f"reports/{slug}/", view.as_view(), name=name),
        path(f"reports/{slug}/results/", view.as_view(results_only=True), name=f"{name}_results"),
    ]
