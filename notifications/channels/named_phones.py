"""What adding a phone takes, whoever's it is: a name, the subscription that the browser gave, words for refusing."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from .push import BadSubscription, Subscription, read_subscription

MAX_NAME_LENGTH = 60


class CannotAdd(Exception):
    """Raised with words for the page: why this phone isn't added."""


def read_named_phone(name: str, values: Mapping[str, Any]) -> tuple[str, Subscription]:
    """Return a phone's name on one line, and its subscription. Raises CannotAdd.

    `values`: endpoint, p256dh and auth, as the browser gave them.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_LENGTH:
        raise CannotAdd(_("Give this phone a name of at most %(most)d characters.") % {"most": MAX_NAME_LENGTH})
    try:
        return name, read_subscription(values)
    except BadSubscription:
        words = _("This browser gave no address at which it can be woken. Try again, or with another one.")
        raise CannotAdd(words) from None


def ensure_new_name(name: str, others: Iterable[str]) -> None:
    """Raise CannotAdd where another phone of the same person is called so."""
    if name in others:
        raise CannotAdd(_("You have a phone of this name already. Choose another name, or end that one first."))


def refuse_too_many() -> CannotAdd:
    """Return why no further phone is added."""
    return CannotAdd(_("These are as many phones as one person can have. End one first, or try tomorrow."))
