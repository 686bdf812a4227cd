"""The admin's page for the card with a contact's PIN, beside the contacts of the directory."""

from django.urls import URLPattern, path
from wagtail import hooks

from .pin_card import pin_card


@hooks.register("register_admin_urls")
def pin_card_address() -> list[URLPattern]:
    return [path("contact/card/<int:contact_id>/", pin_card, name="pin_card")]
