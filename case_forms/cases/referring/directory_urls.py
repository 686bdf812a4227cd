"""The directory of services."""

from django.urls import path

from .directory_views import services

app_name = "services"
urlpatterns = [path("", services, name="list")]
