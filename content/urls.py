"""URLs of the quick exit. Pages have none here: Wagtail serves them."""

from django.urls import path

from . import views

app_name = "content"
urlpatterns = [path("", views.leave, name="exit"), path("m/", views.left, name="left")]
