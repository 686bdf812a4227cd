"""Addresses of this room."""

from django.urls import URLPattern, URLResolver

app_name = "briefs"
urlpatterns: list[URLPattern | URLResolver] = []
