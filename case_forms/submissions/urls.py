"""URLs of the staff pages under /field/."""

from django.urls import URLPattern, URLResolver, path, register_converter

from .exports import views as answers_out
from .views import (
    attachments,
    correcting,
    day,
    draft_migration,
    filling,
    forgetting,
    home,
    moving,
    newer_procedure,
    sending,
    starting,
)


class KeyConverter:
    """A section's key: lower-case letters, digits and underscores, so "discard-draft" never clashes with one."""

    regex = "[a-z][a-z0-9_]{0,63}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(KeyConverter, "formkey")

app_name = "intake"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("day/", day.day, name="day"),
    path("language/", home.language, name="language"),
    path("forms/<slug:form_key>/start/", starting.start, name="start"),
    path("drafts/<uuid:draft_id>/", sending.review, name="review"),
    path("drafts/<uuid:draft_id>/discard-draft/", filling.discard, name="discard"),
    path("drafts/<uuid:draft_id>/continue-in/<slug:reference>/", sending.continue_in, name="continue_in"),
    path("drafts/<uuid:draft_id>/newer-version/", draft_migration.move, name="move"),
    path("drafts/<uuid:draft_id>/<formkey:section_key>/", filling.section, name="section"),
    path("files/<uuid:attachment_id>/", attachments.attachment, name="attachment"),
    path("answers/", answers_out.answers_out, name="answers_out"),
    path("answers/with-names/", answers_out.answers_with_names, name="answers_with_names"),
    path("answers/<uuid:export_id>/decide/", answers_out.decide_names, name="decide_names"),
    path("answers/<uuid:export_id>/", answers_out.export, name="export"),
    path("answers/<uuid:export_id>/file/", answers_out.fetch, name="fetch_export"),
    path("answers/<uuid:export_id>/drop/", answers_out.drop, name="drop_export"),
    path("forgetting/", forgetting.forgetting, name="forgetting"),
    path("sent/<uuid:submission_id>/", sending.sent, name="sent"),
    path("submissions/<uuid:submission_id>/", sending.submission, name="submission"),
    path("submissions/<uuid:submission_id>/correct/", correcting.correct, name="correct"),
    path("submissions/<uuid:submission_id>/move/", moving.move_form, name="move_form"),
    path("drafts/<uuid:draft_id>/correct-newest/", correcting.correct_newest, name="correct_newest"),
    path("submissions/<uuid:submission_id>/handled/", sending.handled, name="handled"),
    path("cases/<slug:reference>/procedure/", newer_procedure.newer_procedure, name="newer_procedure"),
    path("cases/<slug:reference>/submissions/<uuid:submission_id>/", sending.case_submission, name="case_submission"),
]
