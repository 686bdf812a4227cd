"""What a change of a contact does to their keys: a key counts again once a test encrypted to it was opened."""

from typing import Any

from django.db.models import F
from django.dispatch import receiver

from audit import clock
from notifications import signals

from ..models import Contact, ContactWay
from ..ways.models import WayKind
from ..ways.phones import CONTACT_CHANGED


@receiver(signals.contact_changed, dispatch_uid="directory.test_keys_again")
def test_keys_again(contact: Contact, **kwargs: Any) -> None:
    """Let no key count that was tested at another address, with another PIN, in another office.

    Whoever reads the new address may have no such key: their notices must stay readable until they have shown that they
    do. Writes no entry of the record, as `phones.end_phones_of_changed_contact`.
    """
    keys = ContactWay.objects.filter(contact=contact, channel=WayKind.MAIL_KEY, is_active=True)
    if contact.is_active:
        keys.update(confirmed_at=None, version=F("version") + 1)
    else:
        keys.update(is_active=False, ended_at=clock.now(), end_reason=CONTACT_CHANGED, version=F("version") + 1)


def get_untested_keys(contact: Contact) -> list[ContactWay]:
    """Return the keys of this contact whose test has not been opened yet."""
    untested = ContactWay.objects.filter(contact=contact, channel=WayKind.MAIL_KEY, is_active=True, confirmed_at=None)
    return list(untested.order_by("pk"))
