"""The URLs of this room's pages, under /field/devices/."""

from django.urls import URLPattern, URLResolver, path

from . import taking_views, views

app_name = "devices"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.device_list, name="list"),
    path("grants/", views.grants, name="grants"),
    path("road/", views.road, name="road"),
    path("alarms/", views.alarms, name="alarms"),
    path("drafts/<uuid:draft_id>/", taking_views.draft, name="draft"),
    path("<uuid:device_id>/end/", views.end, name="end"),
]
