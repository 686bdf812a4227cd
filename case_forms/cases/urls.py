"""The URLs of this room."""

from django.urls import URLPattern, URLResolver, path

from . import views
from .task_pages import views as task_pages

app_name = "cases"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:reference>/", views.case, name="case"),
    path("<slug:reference>/timeline/", views.timeline, name="timeline"),
    path("<slug:reference>/notices/<uuid:notice_id>/instead/", views.instead, name="instead"),
    path("<slug:reference>/tasks/", task_pages.add, name="task_add"),
    path("<slug:reference>/tasks/<int:task>/done/", task_pages.done, name="task_done"),
]
