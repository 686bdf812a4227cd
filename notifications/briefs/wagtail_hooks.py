"""The admin's pages beside the directory's: a contact's card for the PIN, the register of agreements on paper."""

from django.urls import URLPattern, path
from wagtail import hooks

from . import agreement_views
from .pin_card import pin_card


@hooks.register("register_admin_urls")
def pin_card_address() -> list[URLPattern]:
    return [path("contact/card/<int:contact_id>/", pin_card, name="pin_card")]


@hooks.register("register_admin_urls")
def agreement_addresses() -> list[URLPattern]:
    return [
        path("agreement/paper/", agreement_views.register, name="agreement_register"),
        path("agreement/account/<int:pk>/", agreement_views.account, name="agreement_account"),
        path("agreement/account/<int:pk>/table/", agreement_views.account_file, name="agreement_account_file"),
    ]
