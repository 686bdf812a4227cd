"""The URLs of this room."""

from django.urls import URLPattern, URLResolver, path

from . import views
from .closing import views as closing
from .retention import views as retention

app_name = "cases"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:reference>/", views.case, name="case"),
    path("<slug:reference>/close/", closing.close, name="close"),
    path("<slug:reference>/void/", closing.void, name="void"),
    path("<slug:reference>/closing/", closing.closing, name="closing"),
    path("<slug:reference>/hold/", retention.hold, name="hold"),
    path("<slug:reference>/reopen/", closing.reopen, name="reopen"),
    path("<slug:reference>/timeline/", views.timeline, name="timeline"),
    path("<slug:reference>/notices/<uuid:notice_id>/instead/", views.instead, name="instead"),
]
