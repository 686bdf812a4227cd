"""The URLs of this room, under /pyet/ in each language. None of them holds a receipt code."""

from django.urls import URLPattern, URLResolver, path

from .views import ask, back

app_name = "asking"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", ask.start, name="start"),
    path("pergjigje/", back.back, name="back"),
    path("takim/", ask.session, name="session"),
    path("k/<str:code>/", ask.card, name="card"),
    path("<slug:slug>/", ask.region, name="region"),
]
