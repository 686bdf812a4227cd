"""Short URLs of cards, in both languages: they are printed on cards and posters, and written on blackboards."""

from django.urls import path

from ..feedback import views as feedback
from . import views

app_name = "cards"
urlpatterns = [
    path("", views.enter, name="enter"),
    path("<str:code>/", views.card, name="card"),
    path("<str:code>/mendimi/", feedback.choose, name="feedback"),
    path("<str:code>/mendimi/<str:when>/", feedback.answer, name="answer"),
    path("<str:code>/mendimi/<str:when>/faleminderit/", feedback.thanks, name="thanks"),
]
