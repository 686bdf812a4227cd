"""The URLs of this room."""

from django.urls import URLPattern, URLResolver, path

from . import views
from .facts import views as fact_views

app_name = "cases"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:reference>/", views.case, name="case"),
    path("<slug:reference>/timeline/", views.timeline, name="timeline"),
    path("<slug:reference>/known/", fact_views.facts, name="facts"),
    path("<slug:reference>/known/<slug:key>/", fact_views.fact, name="fact"),
    path("<slug:reference>/lead/", views.lead, name="lead"),
    path("<slug:reference>/notices/<uuid:notice_id>/instead/", views.instead, name="instead"),
]
