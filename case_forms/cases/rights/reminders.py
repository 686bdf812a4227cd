"""Remind coordinators, by mail, of requests about personal data that must soon be answered; and delete old files.

The mail says that something is due and where, nothing of what or about whom. Run each minute (settings.EACH_MINUTE).
A mail server that is away loses nothing: it is tried again after a quarter of an hour.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.models import Assignment, StaffRole, User
from access.staff_mail import send_staff_mail
from audit.due import Due
from notifications.staff_push.waking import wake

from .actions import end_documents
from .models import RightsRequest

KIND = "case.rights"  # under which a row is put aside
PAUSE, TRY_AGAIN = timedelta(days=2), timedelta(minutes=15)
AT_MOST = 20  # in one run


def _find_waiting(now: datetime) -> QuerySet[RightsRequest]:
    found = RightsRequest.objects.filter(case__forgotten_at__isnull=True)
    found = found.select_related("case__unit").defer("words", "document")
    return found.exclude(case__merged_into__isnull=False)  # the kept case has one of its kind, with the earlier day


def _remind(request: RightsRequest, now: datetime) -> bool:
    # A list: each is mailed, whether or not the server took the one before.
    people = _list_coordinators(request)
    wake(people, is_alarm=False, at=now)
    taken = [_send(user, request, now) for user in people]
    if not any(taken):
        return False
    # Only if nobody has answered it meanwhile: then it is null, and stays so.
    RightsRequest.objects.filter(pk=request.pk, next_reminder_at__isnull=False).update(next_reminder_at=now + PAUSE)
    return True


def _list_coordinators(request: RightsRequest) -> list[User]:
    """Return the coordinators of the case's region and of its unit's; of the whole service where there is none."""
    current = Assignment.objects.current().filter(role=StaffRole.COORDINATOR)
    here = current.filter(Q(region__in=(request.case.region_id, request.case.unit.region_id)) | Q(region=None))
    people = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
    return list(people.filter(pk__in=here.values("user"))) or list(people.filter(pk__in=current.values("user")))


def _send(user: User, request: RightsRequest, now: datetime) -> bool:
    with translation.override(user.language):
        subject = _("A request about personal data must be answered")
        link = f"{settings.PUBLIC_URL}{reverse('cases:right', args=[request.case.reference, request.pk])}"
        late = request.due_on < timezone.localdate(now)
        stopped = request.is_erasing and request.erase_on is not None and request.erase_on < timezone.localdate(now)
        said = {"request": request, "link": link, "late": late, "stopped": stopped}
        body = render_to_string("cases/rights/reminder.txt", said)
    return send_staff_mail(subject, body, user.email, "rights_mail_failed", request=str(request.pk))


send_due = Due(
    name=KIND,
    rows=_find_waiting,
    column="next_reminder_at",
    lease=TRY_AGAIN,
    act=_remind,
    at_most=AT_MOST,
    prepare=lambda now: end_documents(timezone.localdate(now)),
).run
