"""The URLs of this room."""

from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "signals"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.tips, name="list"),
    path("close-several/", views.close_several, name="close_several"),
    path("<slug:reference>/", views.tip, name="signal"),
    path("<slug:reference>/voice/", views.voice, name="voice"),
    path("<slug:reference>/take/", views.take, name="take"),
    path("<slug:reference>/notify-others/", views.let_others_know, name="let_others_know"),
    path("<slug:reference>/answer/", views.answer, name="answer"),
    path("<slug:reference>/close/", views.close, name="close"),
]
