"""URLs of pages that aren't Wagtail's, in both languages."""

from django.urls import path

from . import views as phone

app_name = "phone"
urlpatterns = [path("pa-rrjet/", phone.offline, name="offline")]
