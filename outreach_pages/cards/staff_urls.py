"""URLs of the staff's side of a card, under /field/sessions/."""

from django.urls import path

from . import staff_views

app_name = "session_cards"
urlpatterns = [
    path("<uuid:session_id>/page/", staff_views.card_page, name="page"),
    path("<uuid:session_id>/page/renew/", staff_views.renew_page, name="renew"),
    path("<uuid:session_id>/page/record/", staff_views.page_difference, name="difference"),
    path("<uuid:session_id>/page/card/", staff_views.set_expiry, name="keep"),
    path("<uuid:session_id>/page/qr-<str:language>.<str:kind>", staff_views.qr_code, name="qr"),
    path("<uuid:session_id>/handouts/", staff_views.handout_list, name="handouts"),
    path("<uuid:session_id>/handouts/<str:kind>-<str:language>.pdf", staff_views.handout, name="handout"),
]
