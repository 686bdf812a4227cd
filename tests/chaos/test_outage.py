"""The mail server and the gateway for SMS are away for a whole day (in a short run six hours), on a clock that the test
sets.

Five regions, sixty notices that nobody answers. The coordinators have a phone that is woken, and that service is up.
"""

import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest

from audit.models import PutAside
from audit.verification import verify_chain
from notifications.channels.base import Unreached
from notifications.directory.models import Contact, Role
from notifications.escalation.clock import advance
from notifications.escalation.digest import send_digests
from notifications.escalation.findings import get_stranded_notices
from notifications.outbox.actions import create_notice
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Attempt, Dispatch, Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.states import UNSENT
from notifications.outbox.sweep import sweep
from notifications.outbox.ways.sending import send_due_ways
from tests.examples import FACTOR
from tests.world.notices import BRIEF, LADDER, Postbox, postbox
from tests.world.offices import make_office, put_on_duty
from tests.world.phones import Phones, add_way, phones
from tests.world.places import Place, make_place

__all__ = ["phones", "postbox"]
pytestmark = pytest.mark.django_db

REGIONS, NOTICES = 5, 60 if FACTOR >= 1 else 20
BEGIN = datetime.fromisoformat("2026-03-03T09:00:00+01:00")
HOURS = 24 if FACTOR >= 1 else 6
END = BEGIN + timedelta(hours=HOURS)
# The sweeper passes each second. What it does in a pass doesn't depend on how long ago the last one was, so here it
# passes as seldom as what is asserted lets it.
STEP = timedelta(minutes=2)
LATER_STEP = timedelta(minutes=10)
WINDOW = timedelta(minutes=10)


@dataclass
class Region:
    place: Place
    officer: Contact
    deputy: Contact
    coordinator: Contact


@dataclass
class Outage:
    """The regions, the clock, and who took what when: {(channel, address): moments}."""

    clock: mock.Mock
    postbox: Postbox
    phones: Phones
    regions: list[Region] = field(default_factory=list)
    moments: dict[tuple[str, str], list[datetime]] = field(default_factory=lambda: defaultdict(list))
    _seen: Counter[str] = field(default_factory=Counter)

    @property
    def now(self) -> datetime:
        moment: datetime = self.clock.return_value
        return moment

    def begin(self) -> None:
        self.postbox.closed = Unreached("connection_refused")
        self.phones.failures["sms"] = Unreached("http_503")

    def end(self) -> None:
        self.postbox.closed = None
        self.phones.failures.clear()

    def go_on_until(self, until: datetime, step: timedelta) -> None:
        """The sweeper and a worker, from where the clock stands until then."""
        while self.now < until:
            self.clock.return_value += step
            advance(self.now)
            sweep(self.now)
            send_digests(self.now)
            send_due()
            send_due_ways()
            self._note()

    def _note(self) -> None:
        taken = [("email", letter.address) for letter in self.postbox.letters[self._seen["mail"] :]]
        taken += [(channel, message.address) for channel, message in self.phones.taken[self._seen["phones"] :]]
        for each in taken:
            self.moments[each].append(self.now)
        self._seen = Counter(mail=len(self.postbox.letters), phones=len(self.phones.taken))

    def count_at_once(self, channel: str) -> int:
        """The most messages that one address got by this channel within ten minutes."""
        return max(
            (
                sum(moment <= other < moment + WINDOW for other in moments)
                for (name, _address), moments in self.moments.items()
                if name == channel
                for moment in moments
            ),
            default=0,
        )


def make_region(number: int) -> Region:
    place = make_place(f"region-{number}")
    police = make_office(Role.POLICE, directorate=place.directorate)
    since = BEGIN - timedelta(days=1)
    officer, deputy = (put_on_duty(police, rank=rank, since=since) for rank in (1, 2))
    coordinator = put_on_duty(make_office(Role.COORDINATOR, region=place.region), since=since)
    for n, contact in enumerate((officer, deputy, coordinator)):
        add_way(contact, address=f"+3556922{number:02}{n:03}", confirmed_at=since)
    add_way(coordinator, "push", address=f"Telefoni {number}", confirmed_at=since)
    return Region(place, officer, deputy, coordinator)


@pytest.fixture
def outage(db: None, postbox: Postbox, phones: Phones) -> Iterator[Outage]:
    with mock.patch("django.utils.timezone.now") as now:
        now.return_value = BEGIN
        made = Outage(now, postbox, phones)
        made.regions = [make_region(number) for number in range(REGIONS)]
        Contact.objects.update(reachable_at=BEGIN - timedelta(days=1))
        yield made


def owe(region: Region) -> Notice:
    event = uuid.uuid4()
    return create_notice(
        NoticeRequest(
            event_id=event,
            case_id=event,
            case_reference="7K2M9Q",
            role=Role.POLICE,
            contact=region.officer,
            municipality=region.place.municipality,
            brief=BRIEF,
            answer_minutes=30,
            ladder=LADDER,
        )
    )


def get_of(purpose: str, **more: Any) -> Any:
    return Notice.objects.filter(purpose=purpose, **more)


def test_a_day_without_mail_and_sms_loses_nothing_climbs_the_ladders_and_ends_without_a_storm(
    outage: Outage, settings: Any
) -> None:
    chance = random.Random(15)
    outage.begin()
    notices = [owe(outage.regions[number % REGIONS]) for number in range(NOTICES // 2)]
    outage.go_on_until(BEGIN + timedelta(minutes=40), STEP)
    # The other half in the hours after it, as they come.
    for number, hour in enumerate(sorted(chance.uniform(1, HOURS - 2) for _n in range(NOTICES // 2))):
        outage.go_on_until(BEGIN + timedelta(hours=hour), LATER_STEP)
        notices.append(owe(outage.regions[number % REGIONS]))
    outage.go_on_until(END, LATER_STEP)

    assert_ladders_were_climbed(notices)
    assert_coordinators_were_told_by_what_works(outage)
    assert not outage.postbox.letters
    assert not outage.phones.texts("sms")
    # A phone is woken no more often than its cap lets, though each coordinator is called about a dozen notices.
    assert outage.count_at_once("push") <= settings.NOTICE_WAY_BURST + WINDOW / timedelta(minutes=2)

    outage.end()
    outage.go_on_until(END + timedelta(minutes=30), STEP)

    assert_nothing_was_lost(notices, settings)
    assert_no_storm(outage, settings)


def assert_ladders_were_climbed(notices: list[Notice]) -> None:
    """Each step was taken in the pass after its time, whatever was away meanwhile."""
    after = {step["do"]: timedelta(minutes=step["after_minutes"]) for step in LADDER}
    for notice in notices:
        deputy = get_of(Purpose.DEPUTY, chase_id=notice.chase_id).get()
        call = get_of(Purpose.CALL, chase_id=notice.chase_id).order_by("owed_at").first()
        for step, taken in (("deputy", deputy), ("call", call)):
            due = notice.owed_at + after[step]
            assert due <= taken.owed_at <= due + LATER_STEP, (step, notice.owed_at)


def assert_coordinators_were_told_by_what_works(outage: Outage) -> None:
    """Each coordinator's phone was woken for every call, by itself or in a message that names several."""
    for region in outage.regions:
        calls = get_of(Purpose.CALL, contact=region.coordinator)
        assert calls.count() == NOTICES / REGIONS
        woken = Dispatch.objects.filter(notice__in=calls, channel="push").values_list("notice", "state")
        assert {notice for notice, state in woken if state == "taken"} == {call.pk for call in calls}


def assert_nothing_was_lost(notices: list[Notice], settings: Any) -> None:
    """Everybody has the e-mail, and the SMS where it isn't too old to wake anybody to any use."""
    open_notices = Notice.objects.open().with_recipient()
    assert not open_notices.filter(state__in=UNSENT).exists()
    assert not open_notices.filter(sent_at=None).exists()
    for notice in notices:
        accepted = set(Attempt.objects.filter(notice=notice, outcome="accepted").values_list("channel", flat=True))
        given_up_at = notice.owed_at + timedelta(hours=settings.NOTICE_WAY_HOURS)
        assert accepted in ([{"email", "sms"}] if given_up_at > END + WINDOW else [{"email", "sms"}, {"email"}])
    assert get_stranded_notices(END + timedelta(minutes=30)) == []
    assert not PutAside.objects.exists()
    assert verify_chain().ok


def assert_no_storm(outage: Outage, settings: Any) -> None:
    """What waited for a phone for a day is one message that names it; each notice is in one e-mail, once."""
    for region in outage.regions:
        for contact in (region.officer, region.deputy):
            number = contact.ways.get(channel="sms").address
            at_once = outage.moments[("sms", number)]
            # The first message that the gateway takes says that it is back; all others stand in one.
            assert len(at_once) <= 2, (contact, at_once)
            assert END <= at_once[0] <= END + timedelta(minutes=5) * 1.25 + STEP
            assert at_once[-1] - at_once[0] <= STEP
    assert outage.count_at_once("sms") <= settings.NOTICE_WAY_BURST
    named = Counter(letter.id for letter in outage.postbox.letters)
    assert set(named.values()) == {1}
    # What waited for one contact is listed in one mail, whose header names the others (docs/adr/0217).
    also = [UUID(key) for letter in outage.postbox.letters for key in letter.headers.get("Notice-Also", "").split()]
    assert len(also) == len(set(also))
    assert also
    mails = named + Counter(f"<{key}@also>" for key in also)
    # A call that was repeated since it is back, as it is each half hour, went out a second time.
    notices = Counter(name.strip("<").partition("@")[0].partition(".")[0] for name in mails)
    repeated = {name for name, number in notices.items() if number > 1}
    assert len(notices) == Notice.objects.filter(sent_at__isnull=False).count()
    assert set(notices.values()) <= {1, 2}
    assert set(get_of(Purpose.CALL, pk__in=repeated).values_list("pk", flat=True)) == {UUID(each) for each in repeated}
