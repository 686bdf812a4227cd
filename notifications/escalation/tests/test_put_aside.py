"""What the operator sees and does about rows that were put aside."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from access.models import Assignment, Region, StaffRole, User
from audit.models import AuditEntry, PutAside
from tests.world.notices import notify_officer

pytestmark = pytest.mark.django_db
PAGE = "/cms/put-aside/"


def somebody(role: str, **where: Region) -> Client:
    user = User.objects.create_user(f"{role}-1", password="x", language="en")
    Assignment.objects.create(user=user, role=role, **where)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def spoilt(staffed):
    now = timezone.now()
    notice = notify_officer(staffed)
    later = now + timedelta(hours=1)
    times = {"first_at": now, "last_at": now, "retry_at": later}
    PutAside.objects.create(kind="notice.clock", row=str(notice.pk), code="SealBroken", **times)
    PutAside.objects.create(kind="something.new", row="77", code="KeyError", **times)
    return notice


def test_the_operator_sees_what_was_put_aside_and_has_it_tried_again(spoilt):
    client = somebody(StaffRole.OPERATOR)
    page = client.get(PAGE).content.decode()
    assert spoilt.code in page
    assert "SealBroken" in page
    assert "its coordinator was asked to call" in page
    assert PutAside.objects.filter(retry_at__gt=timezone.now()).count() == 2  # looking changes nothing
    assert client.post(PAGE, follow=True).status_code == 200
    assert not PutAside.objects.filter(retry_at__gt=timezone.now()).exists()
    assert AuditEntry.objects.filter(action="put_aside.retried", detail={"rows": 2}).count() == 1


def test_an_empty_page_says_so(db):
    assert "Nothing is set aside" in somebody(StaffRole.OPERATOR).get(PAGE).content.decode()


@pytest.mark.parametrize("role", [StaffRole.COORDINATOR, StaffRole.EDITOR])
def test_it_is_the_operators_alone(spoilt, role):
    where = {"region": spoilt.municipality.region} if role == StaffRole.COORDINATOR else {}
    assert somebody(role, **where).post(PAGE).status_code == 404
    assert PutAside.objects.filter(retry_at__gt=timezone.now()).count() == 2


def test_the_command_lists_them_and_has_them_tried_again(spoilt):
    out = StringIO()
    call_command("put_aside", stdout=out)
    assert f"notice.clock {spoilt.pk} SealBroken: 1 time(s)" in out.getvalue()
    assert "2 row(s) put aside\n" in out.getvalue()
    call_command("put_aside", "--retry", stdout=out)
    assert not PutAside.objects.filter(retry_at__gt=timezone.now()).exists()
