"""Two ends in the same moment: real threads, each with a connection of its own (SQLite's file, PostgreSQL)."""

import os
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import StaffRole, User

from ..models import Contact, DirectoryChange, DutyShift
from .test_admin import area, sign_in
from .test_editing import police
from .test_emptying import HOUR, end_at, stand, told_at

IS_ON_A_SERVER = os.environ.get("DATABASE_URL", "").startswith("postgres")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    *([] if IS_ON_A_SERVER else [pytest.mark.browser]),
]


def test_of_two_who_end_the_two_shifts_at_once_one_waits(client: Client) -> None:
    region = area("veri")
    region.is_outreach = True
    region.save()
    user = sign_in(client, StaffRole.COORDINATOR, region)
    deputy = Contact.objects.create(partner=police().partner, name="Zëvendësi", email="z@veri.example")
    shifts = [stand(police()), stand(deputy, 2)]
    moment = timezone.now() + 25 * HOUR
    start = threading.Barrier(2)

    def end(shift: DutyShift) -> None:
        mine = Client()
        mine.force_login(User.objects.get(pk=user.pk))
        start.wait()
        try:
            end_at(mine, shift, moment)
        finally:
            connection.close()

    threads = [threading.Thread(target=end, args=(shift,)) for shift in shifts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert DirectoryChange.objects.waiting().count() == 1
    assert told_at(moment + timedelta(minutes=1)) != ""
