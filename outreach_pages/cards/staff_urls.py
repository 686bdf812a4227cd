"""URLs of the staff's side of a card, under /field/sessions/."""

from django.urls import path

from . import staff

app_name = "session_cards"
urlpatterns = [
    path("<uuid:session_id>/page/", staff.page, name="page"),
    path("<uuid:session_id>/page/renew/", staff.renew, name="renew"),
    path("<uuid:session_id>/page/record/", staff.difference, name="difference"),
    path("<uuid:session_id>/page/card/", staff.keep, name="keep"),
    path("<uuid:session_id>/page/qr-<str:language>.<str:kind>", staff.qr, name="qr"),
    path("<uuid:session_id>/handouts/", staff.papers, name="handouts"),
    path("<uuid:session_id>/handouts/<str:kind>-<str:language>.pdf", staff.paper, name="handout"),
]
