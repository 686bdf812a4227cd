"""Numbers of official papers: without a gap, once for each notice, several at once."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone

from notifications.directory.models import Role
from notifications.outbox.models import Notice

from ..models import ProtocolNumber, ProtocolYear
from ..protocol import assign_protocol_numbers, get_protocol_number

pytestmark = pytest.mark.django_db


def test_numbers_are_given_in_order_without_a_gap_and_once(make_notice: Callable[..., Notice]) -> None:
    first, second, third = (make_notice(Role.RESPONSIBLE_AUTHORITY, needs_document=True) for _n in range(3))
    drill = make_notice(Role.RESPONSIBLE_AUTHORITY, needs_document=True, is_drill=True)
    by_mail = make_notice(Role.RESPONSIBLE_AUTHORITY)
    with transaction.atomic():
        assign_protocol_numbers([second, drill])
        assign_protocol_numbers([first, by_mail, second, third, first])
        assign_protocol_numbers([first, second, third])
        assign_protocol_numbers([])
    year = timezone.localdate().year
    assert [get_protocol_number(each) for each in (second, first, third)] == [f"{n}/{year}" for n in (1, 2, 3)]
    assert [get_protocol_number(each) for each in (drill, by_mail)] == ["", ""]
    assert ProtocolNumber.objects.count() == 3
    assert ProtocolYear.objects.get().last == 3


def test_what_is_rolled_back_leaves_no_gap(make_notice: Callable[..., Notice]) -> None:
    first, second = (make_notice(Role.RESPONSIBLE_AUTHORITY, needs_document=True) for _n in range(2))
    with transaction.atomic():
        assign_protocol_numbers([first])
        transaction.set_rollback(True)
    assign_protocol_numbers([second])
    assert get_protocol_number(first) == ""
    assert get_protocol_number(second).startswith("1/")
