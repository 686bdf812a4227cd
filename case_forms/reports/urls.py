"""URLs of the outreach pages."""

from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "outreach"
urlpatterns: list[URLPattern | URLResolver] = [
    path("zones/", views.zones, name="zones"),
    path("zones/add/", views.zone_add, name="zone_add"),
    path("zones/<uuid:zone_id>/", views.zone_change, name="zone_change"),
    path("zones/<uuid:zone_id>/visits/", views.zone_visits, name="zone_visits"),
    path("plan/", views.plan, name="plan"),
    path("plan/<uuid:visit_id>/cancel/", views.plan_cancel, name="plan_cancel"),
    path("month/", views.month, name="month"),
]
