"""Test notices: whether an address and a PIN work together, before anything real is sent there.

A test takes the way of every notice (mail, link, PIN), says that it is a test, and has no case, no clock and no
escalation. A contact who opens it with the PIN counts from then on.
"""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.languages import in_each_language
from access.models import Municipality
from audit.chain import log_event
from notifications import signals
from notifications.directory.keys.changed import get_untested_keys
from notifications.directory.models import Contact, ContactWay, Partner

from .actions import cancel, create_notice
from .models import Notice, Purpose
from .requests import NoticeRequest

TITLE = pgettext_lazy("test notice", "Test")
TEXT = _("This is a test notice: there is no case. Your address and PIN work. There is nothing else to do.")
TEST_SUPERSEDED = "test_superseded"


@receiver(signals.contact_untested, dispatch_uid="outbox.check_address")
def check_address(contact: Contact, **kwargs: Any) -> None:
    """Create a test notice; an earlier one ends. One for each key, too, that waits for its own."""
    for earlier in Notice.objects.open().filter(purpose=Purpose.TEST, contact=contact, way=None):
        cancel(notice=earlier, reason=TEST_SUPERSEDED)
    _create_test(contact)
    for way in get_untested_keys(contact):
        check_way(way)


@receiver(signals.way_untested, dispatch_uid="outbox.check_way")
def check_way(way: ContactWay, **kwargs: Any) -> None:
    """Create a test notice that takes this way alone; an earlier one ends."""
    for earlier in Notice.objects.open().filter(purpose=Purpose.TEST, way=way):
        cancel(notice=earlier, reason=TEST_SUPERSEDED)
    if way.channel in settings.NOTIFICATION_CHANNELS:
        _create_test(way.contact, way)


def confirm_way(notice: Notice, *, at: datetime) -> bool:
    """Let the way count that this test notice has taken, if nothing was changed since."""
    waiting = ContactWay.objects.filter(
        pk=notice.way_id or 0, contact=notice.contact_id, is_active=True, confirmed_at__isnull=True
    )
    # A number that was changed since has another test: this one went to the old one.
    newest = Notice.objects.filter(purpose=Purpose.TEST, way=notice.way_id).order_by("-owed_at").first()
    if newest is None or newest.pk != notice.pk or not waiting.update(confirmed_at=at):
        return False
    log_event("directory.way_reached", target_kind="contactway", target_id=notice.way_id)
    return True


def _create_test(contact: Contact, way: ContactWay | None = None) -> None:
    create_notice(
        NoticeRequest(
            event_id=uuid4(),
            case_id=uuid4(),
            case_reference="",
            role=contact.partner.role,
            contact=contact,
            municipality=get_any_municipality(contact.partner),
            brief=_build_test_brief(),
            # Statistics count no drills, so a test is never among them.
            is_drill=True,
            purpose=Purpose.TEST,
            way=way,
        )
    )


@receiver(signals.contact_changed, dispatch_uid="outbox.end_check")
def cancel_check(contact: Contact, **kwargs: Any) -> None:
    """Cancel the test of a contact who becomes inactive; nobody else gets it."""
    if not contact.is_active:
        for notice in Notice.objects.open().filter(purpose=Purpose.TEST, contact=contact):
            cancel(notice=notice, reason=TEST_SUPERSEDED)


@receiver(signals.notice_opened, dispatch_uid="outbox.contact_reached")
def mark_contact_reachable(notice: Notice, **kwargs: Any) -> None:
    """Mark the contact as reachable when a test notice was opened with the PIN, if nothing was changed since."""
    if notice.purpose != Purpose.TEST or notice.contact_id is None:
        return
    if notice.way_id is not None:
        confirm_way(notice, at=timezone.now())
        return
    unchanged = Contact.objects.filter(pk=notice.contact_id, is_active=True, reachable_at__isnull=True)
    if unchanged.update(reachable_at=timezone.now()):
        log_event("directory.contact_reached", target_kind="contact", target_id=notice.contact_id)


def _build_test_brief() -> dict[str, Any]:
    title, text = in_each_language(TITLE), in_each_language(TEXT)
    return {"sections": [{"title": title, "rows": [{"key": "test", "label": title, "value": text}]}]}


def get_any_municipality(office: Partner) -> Municipality:
    """Return any municipality of the office's: a notice must name one, and for a test it doesn't matter which."""
    near = Municipality.objects.filter(pk=office.municipality_id or 0)
    if office.directorate_id:
        near = Municipality.objects.filter(police_directorate=office.directorate_id)
    elif not office.municipality_id and office.regions.exists():
        near = Municipality.objects.filter(region__in=office.regions.all())
    found = near.order_by("pk").first() or Municipality.objects.order_by("pk").first()
    assert found is not None
    return found
