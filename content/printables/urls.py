"""URLs of the printables, in both languages."""

from django.urls import path

from . import views

app_name = "papers"
urlpatterns = [path("<slug:key>.pdf", views.paper, name="paper")]
