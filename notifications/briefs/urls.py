"""The URLs of this room, all under the link of one notice."""

from django.urls import path

from notifications.channels.push_worker import worker

from . import further_views, phone_views, step_views, views
from .talk import views as talk_views

app_name = "briefs"
urlpatterns = [
    path("push-worker.js", worker, name="push_worker"),
    path("<str:token>/", views.brief, name="brief"),
    path("<str:token>/reply/", views.reply, name="reply"),
    path("<str:token>/step/", step_views.step, name="step"),
    path("<str:token>/not-me/", views.not_me, name="not_me"),
    path("<str:token>/talk/", talk_views.talk, name="talk"),
    path("<str:token>/phones/", phone_views.phones, name="phones"),
    path("<str:token>/close/", views.close, name="close"),
    path("<str:token>/reports/", further_views.reports, name="reports"),
    path("<str:token>/reports/<uuid:report>/", further_views.report, name="report"),
    path("<str:token>/document.pdf", views.document, name="document"),
]
