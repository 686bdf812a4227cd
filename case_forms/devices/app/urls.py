"""URLs of the phone's page, under /field/."""

from django.urls import path

from . import views

app_name = "field_phone"
urlpatterns = [
    path("phone/", views.app, {"language": "sq"}, name="app"),
    path("phone/en/", views.app, {"language": "en"}, name="app_en"),
    path("phone/app.webmanifest", views.manifest, name="manifest"),
    path("phone/set-up/", views.set_up, name="set_up"),
    path("worker.js", views.worker, name="worker"),
]
