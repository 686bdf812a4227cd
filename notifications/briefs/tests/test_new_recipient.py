"""A notice that goes to somebody else begins anew: what happened at the old link is no hindrance, and no way in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from notifications.directory.models import Contact
from notifications.outbox.models import Notice
from notifications.outbox.sweep import resolve_again

from ..links import get_notice_by_link
from ..models import BriefSession
from ..pin import LINK_TRIES, enter_pin
from .conftest import OTHER_PIN, PIN

pytestmark = pytest.mark.django_db


def given_on(notice: Notice) -> Notice:
    """Its contact has left, and the sweeper asks the directory."""
    left = notice.contact
    assert left is not None
    Contact.objects.filter(pk=left.pk).update(is_active=False)
    Notice.objects.filter(pk=notice.pk).update(
        state="failed", reason="no_contact", sent_at=None, opened_at=None, next_attempt_at=timezone.now()
    )
    assert resolve_again(timezone.now() + timedelta(seconds=1)) == 1
    return Notice.objects.get(pk=notice.pk)


def test_wrong_pins_at_the_old_link_do_not_shut_the_new_one(
    notice: Notice, make_contact: Callable[..., Contact]
) -> None:
    start = timezone.now() - timedelta(days=3)
    for number in range(LINK_TRIES):
        at = start + timedelta(hours=3 * number)
        assert enter_pin(notice=notice, pin=OTHER_PIN, address=f"192.0.2.{number}", at=at) is None
    notice.refresh_from_db()
    assert notice.link_revoked_at is not None
    heir = make_contact(rank=2)
    found = given_on(notice)
    assert (found.contact, get_notice_by_link(found.link_token)) == (heir, found)
    assert enter_pin(notice=found, pin=PIN, address="192.0.2.99") is not None
    assert AuditEntry.objects.filter(action="brief.pin_tried").count() == LINK_TRIES + 1  # nothing is forgotten there


def test_what_the_one_before_had_open_is_closed(notice: Notice, make_contact: Callable[..., Contact]) -> None:
    session = enter_pin(notice=notice, pin=PIN, address="192.0.2.1")
    assert session is not None
    make_contact(rank=2)
    given_on(notice)
    assert BriefSession.objects.get(pk=session.pk).closed_at is not None
