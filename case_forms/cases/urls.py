"""The URLs of this room."""

from django.urls import URLPattern, URLResolver, path

from . import views
from .closing import views as closing
from .consent.views import withdraw_consent
from .documents import views as documents
from .facts import views as fact_views
from .history import views as history
from .notes import views as notes
from .referring import views as referring
from .retention import views as retention
from .rights import views as rights
from .statuses import views as statuses
from .talk.views import talk
from .task_pages import views as task_pages

app_name = "cases"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:reference>/", views.case, name="case"),
    path("<slug:reference>/close/", closing.close, name="close"),
    path("<slug:reference>/void/", closing.void, name="void"),
    path("<slug:reference>/closing/", closing.closing, name="closing"),
    path("<slug:reference>/hold/", retention.hold, name="hold"),
    path("<slug:reference>/rights/", rights.requests, name="rights"),
    path("<slug:reference>/rights/<uuid:request_id>/", rights.one_request, name="right"),
    path("<slug:reference>/rights/<uuid:request_id>/file.<slug:ending>", rights.file, name="right_file"),
    path("<slug:reference>/reopen/", closing.reopen, name="reopen"),
    path("<slug:reference>/status/", statuses.status, name="status"),
    path("<slug:reference>/timeline/", views.timeline, name="timeline"),
    path("<slug:reference>/known/", fact_views.facts, name="facts"),
    path("<slug:reference>/known/<slug:key>/", fact_views.fact, name="fact"),
    path("<slug:reference>/lead/", views.lead, name="lead"),
    path("<slug:reference>/notices/<uuid:notice_id>/instead/", views.instead, name="instead"),
    path("<slug:reference>/notices/<uuid:notice_id>/talk/", talk, name="talk"),
    path("<slug:reference>/consents/<str:key>/withdraw/", withdraw_consent, name="withdraw_consent"),
    path("<slug:reference>/history/", history.history, name="history"),
    path("<slug:reference>/readers/", history.readers, name="readers"),
    path("<slug:reference>/notes/", notes.add, name="note_add"),
    path("<slug:reference>/notes/<uuid:note_id>/correct/", notes.correct, name="note_correct"),
    path("<slug:reference>/flags/", notes.flags, name="flags"),
    path("<slug:reference>/documents/", documents.documents, name="documents"),
    path("<slug:reference>/documents/<uuid:document>/", documents.document, name="document"),
    path("<slug:reference>/tasks/", task_pages.add, name="task_add"),
    path("<slug:reference>/tasks/<int:task>/done/", task_pages.done, name="task_done"),
    path("<slug:reference>/referrals/<uuid:referral>/another/", referring.another, name="refer_again"),
    path("<slug:reference>/referrals/<uuid:referral>/<slug:kind>/", referring.step, name="referral_step"),
]
