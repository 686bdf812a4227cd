"""The URL of this room, beside those of the gateways."""

from django.urls import path

from . import views

app_name = "bounces"
urlpatterns = [path("came-back/", views.came_back, name="came_back")]
