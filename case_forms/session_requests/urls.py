"""The URLs of this room, under /field/sessions/requests/."""

from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "session_requests"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.request_list, name="list"),
    path("<slug:reference>/", views.request_page, name="request"),
    path("<slug:reference>/take/", views.take, name="take"),
    path("<slug:reference>/answer/", views.answer, name="answer"),
    path("<slug:reference>/decline/", views.decline, name="decline"),
    path("<slug:reference>/to-centre/", views.hand_over, name="hand_over"),
    path("<slug:reference>/plan/", views.plan, name="plan"),
]
