"""Leave and swaps through HTTP: asked at one's own link, confirmed at the colleague's, decided by coordinators."""

from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.limits import Busy
from access.models import StaffRole, User
from audit.chain import SYSTEM
from audit.models import AuditEntry
from notifications import signals
from notifications.directory.changes.values import get_values
from notifications.directory.models import Contact, DutyShift, Leave
from notifications.directory.roster import on_duty
from notifications.directory.standing_links import LINK_TRIES, WRONG_PINS, build_pin_key
from notifications.outbox.models import Notice
from notifications.outbox.resolving import PAUSED, PIN_ALARM
from tests.world.offices import PIN, make_contact, put_on_duty
from tests.world.places import make_place, make_user

from .. import actions
from ..actions import ASKED, MAX_OPEN, each_minute
from ..links import DUTY, find_link, get_address
from ..mails import send_due
from ..models import DutyCalendar, DutyLink, DutyMail, DutyRequest, MailKind, RequestKind, Stage
from .world import Roster, Visitor, give, local, make_roster

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
HOUR = timedelta(hours=1)


@pytest.fixture
def roster() -> Roster:
    return make_roster()


def coordinate(roster: Roster, name: str = "") -> Client:
    """A client signed in as a coordinator of the region."""
    region = roster.country.vlore.region
    user = make_user(StaffRole.COORDINATOR, region=region, language="en", email=f"{name or uuid4().hex}@vatra.example")
    return enter_cms(Client(), user)


def enter_cms(client: Client, user: User) -> Client:
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return client


def decide(client: Client, decision: str = "agree") -> Any:
    request = DutyRequest.objects.latest("asked_at")
    address = reverse("duty_request", args=[request.pk])
    page = client.get(address)
    seen = page.context["outcome"].digest if page.context and page.context["outcome"] else ""
    return client.post(address, {"decision": decision, "seen": seen})


def stage() -> str:
    return DutyRequest.objects.latest("asked_at").stage


def ask_swap(roster: Roster, with_whom: str | None = None) -> Visitor:
    ana = Visitor(roster.ana)
    assert ana.send(do="swap", shift=roster.anas.pk, **{"with": with_whom or f"c{roster.beni.pk}"}) == 303
    return ana


def confirm(roster: Roster, contact: Contact | None = None, do: str = "confirm") -> Visitor:
    visitor = Visitor(contact or roster.beni)
    visitor.send(do=do, request=DutyRequest.objects.latest("asked_at").pk)
    return visitor


def owners() -> list[int]:
    return list(DutyShift.objects.order_by("starts_at").values_list("contact", flat=True))


# ---- the link and the PIN ----


def test_only_the_pin_shows_somebodys_shifts(roster: Roster) -> None:
    link = DUTY.make(DutyLink, roster.ana, actor=SYSTEM)
    client, path = Client(), f"/n/d.{link.link_token}/"
    closed = client.get(path).content.decode()
    assert roster.ana.name not in closed
    assert roster.office.names["en"] not in closed
    assert client.post(path, {"pin": "000000"}).status_code == 403
    assert client.post(path, {"do": "leave", "kind": "holiday"}).status_code == 403
    assert DutyRequest.objects.count() == 0
    assert client.post(path, {"pin": PIN}).status_code == 303
    page = client.get(path)
    assert roster.ana.name in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    client.post(path, {"do": "close"})
    assert roster.ana.name not in client.get(path).content.decode()


def test_a_forged_an_ended_and_an_inactive_ones_link_open_nothing(roster: Roster) -> None:
    ana = Visitor(roster.ana)
    for path in ("/n/d.forged/", f"/n/d.{ana.link.link_token[:-1]}/", f"/n/p.{ana.link.link_token}/"):
        assert Client().get(path).status_code == 404
        assert Client().post(path, {"pin": PIN}).status_code == 404
    roster.ana.is_active = False
    roster.ana.save()
    assert ana.client.get(ana.path).status_code == 404
    roster.ana.is_active = True
    roster.ana.save()
    DUTY.make(DutyLink, roster.ana, actor=SYSTEM)
    assert ana.client.get(ana.path).status_code == 404
    assert ana.ask_leave(timezone.now() + HOUR, timezone.now() + 5 * HOUR) == 404


def test_guessing_is_slow_and_ends_the_link_which_no_mail_renews(roster: Roster) -> None:
    visitor = Visitor(roster.ana, pin="000000")
    for _try in range(4):
        assert visitor.send(pin="000000") == 403
    assert visitor.send(pin=PIN) == 403  # paused, for the right one too
    DutyLink.objects.update(wrong_pins=LINK_TRIES, ended_at=timezone.now())
    assert visitor.client.get(visitor.path).status_code == 404
    assert get_address(roster.ana) == ""


def test_wrong_pins_at_notices_and_at_standing_links_are_counted_together(roster: Roster) -> None:
    for _try in range(WRONG_PINS.most):
        WRONG_PINS.hit(build_pin_key(roster.ana))
    assert Visitor(roster.ana).entered == 403
    assert Visitor(roster.beni).entered == 303
    roster.ana.set_pin("739164")
    roster.ana.save()
    assert Visitor(roster.ana, pin="739164").entered == 303  # another PIN, another count


def test_the_wrong_pin_at_a_standing_link_that_uses_up_the_count_has_the_contact_phoned_once(roster: Roster) -> None:
    put_on_duty(roster.country.coordinator)
    guesser = Visitor(roster.ana, pin="000000")
    for _try in range(WRONG_PINS.most - 2):
        WRONG_PINS.hit(build_pin_key(roster.ana))
    assert not Notice.objects.exists()
    guesser.send(pin="000000")
    asked = Notice.objects.get()
    assert (asked.case_reference, asked.role) == (PIN_ALARM, "coordinator")
    assert asked.contact is not None
    assert asked.contact.partner.role == "coordinator"
    assert roster.ana.name in str(asked.brief)
    assert AuditEntry.objects.get(action=PAUSED).target_id == str(roster.ana.pk)
    assert Visitor(roster.ana).entered == 403  # paused, and no second alarm
    WRONG_PINS.refund(build_pin_key(roster.ana))
    guesser.send(pin="000000")
    assert Notice.objects.count() == 1


def test_our_own_overload_is_no_wrong_pin_at_a_standing_link(roster: Roster) -> None:
    visitor = Visitor(roster.ana, pin="000000")
    with mock.patch("notifications.directory.standing_links._matches", side_effect=Busy):
        for _try in range(6):
            with pytest.raises(Busy):
                visitor.send(pin=PIN)
    assert WRONG_PINS.used(build_pin_key(roster.ana)) == 1
    assert visitor.send(pin=PIN) == 303


def test_one_browsers_cookie_does_not_open_anothers_page(roster: Roster) -> None:
    ana, beni = Visitor(roster.ana), Visitor(roster.beni, pin="000000")
    beni.client.cookies["own_duty"] = ana.client.cookies["own_duty"].value
    assert roster.beni.name not in beni.read()


def test_another_address_or_pin_ends_the_link_and_the_calendar(roster: Roster) -> None:
    ana = Visitor(roster.ana)
    ana.send(do="calendar")
    signals.contact_changed.send(sender=Contact, contact=roster.ana)
    assert find_link(ana.link.link_token) is None
    assert DutyCalendar.objects.filter(ended_at=None).count() == 0
    assert AuditEntry.objects.filter(action="duty.links_ended").count() == 1


def test_looking_changes_nothing(roster: Roster) -> None:
    ana = Visitor(roster.ana)
    entries, mails = AuditEntry.objects.count(), DutyMail.objects.count()
    end = local(roster.anas.ends_at)
    ana.client.get(
        ana.path, {"do": "leave", "starts_at": local(roster.anas.starts_at), "ends_at": end, "kind": "other"}
    )
    assert (AuditEntry.objects.count(), DutyMail.objects.count()) == (entries, mails)
    assert DutyRequest.objects.count() == 0


# ---- leave ----


def test_leave_is_asked_for_and_where_nobody_covers_it_two_coordinators_agree(roster: Roster) -> None:
    ana = Visitor(roster.ana)
    start, end = roster.anas.starts_at - HOUR, roster.anas.ends_at + HOUR
    assert ana.ask_leave(start, end, "training") == 303
    assert Leave.objects.count() == 0  # nothing before somebody agrees
    assert on_duty(roster.office, roster.anas.starts_at) == [roster.ana]
    chief = coordinate(roster)
    assert roster.ana.name in chief.get(reverse("duty_requests")).content.decode()
    page = chief.get(reverse("duty_request", args=[DutyRequest.objects.get().pk])).content.decode()
    assert "During this leave nobody is on duty" in page
    assert "training" in page
    assert decide(chief).status_code == 302
    assert (stage(), Leave.objects.count()) == (Stage.SECOND, 0), "however far away it is"
    assert decide(chief).status_code == 409
    assert decide(coordinate(roster)).status_code == 302
    leave = Leave.objects.get()
    assert (leave.contact, leave.starts_at, leave.ends_at, leave.kind) == (roster.ana, start, end, "training")
    assert stage() == Stage.AGREED
    assert on_duty(roster.office, roster.anas.starts_at) == []
    assert "agreed" in ana.read()
    assert DutyMail.objects.filter(kind=MailKind.ENDED, contact=roster.ana).count() == 1


@pytest.mark.parametrize(
    ("start", "length", "kind", "words"),
    [
        (5, -1, "holiday", "The end must come after the start"),
        (5, 0, "holiday", "The end must come after the start"),
        (-10, 5, "holiday", "This time is over"),
        (24 * 365 * 5, 5, "holiday", "Choose a day between"),
        (5, 24 * 365 * 5, "holiday", "Choose a day between"),
        (5, 5, "I am ill", "reason"),
        (5, 5, "", "reason"),
    ],
)
def test_leave_that_can_not_be_is_refused_in_words(
    roster: Roster, start: int, length: int, kind: str, words: str
) -> None:
    ana = Visitor(roster.ana)
    begin = timezone.now() + start * HOUR
    assert ana.ask_leave(begin, begin + length * HOUR, kind) == 422
    assert words.casefold() in ana.problems().casefold()
    assert DutyRequest.objects.count() == 0


@pytest.mark.parametrize("text", ["", "tomorrow", "2027-03-28T02:30", "2026-10-25T02:30", "9" * 50, "2026-02-30T10:00"])
def test_a_time_that_nobody_can_read_or_that_does_not_exist_is_said(roster: Roster, text: str) -> None:
    ana = Visitor(roster.ana)
    status = ana.send(do="leave", starts_at=text, ends_at=local(timezone.now() + HOUR), kind="holiday")
    assert status == 422
    assert DutyRequest.objects.count() == 0


def test_the_same_leave_twice_and_leave_within_leave_are_refused(roster: Roster) -> None:
    ana = Visitor(roster.ana)
    start = timezone.now() + 30 * HOUR
    assert ana.ask_leave(start, start + 5 * HOUR) == 303
    assert ana.ask_leave(start + HOUR, start + 2 * HOUR) == 422
    assert "already" in ana.problems()
    decide(coordinate(roster))
    assert ana.ask_leave(start + HOUR, start + 9 * HOUR) == 422
    assert "on leave" in ana.problems()


def test_leave_that_leaves_nobody_within_a_day_takes_two_coordinators() -> None:
    roster = make_roster(hours=6)
    Visitor(roster.ana).ask_leave(roster.anas.starts_at, roster.anas.ends_at)
    first, second = coordinate(roster), coordinate(roster)
    assert "takes two coordinators" in first.get(_address()).content.decode()
    decide(first)
    assert (stage(), Leave.objects.count()) == (Stage.SECOND, 0)
    assert decide(first).status_code == 409  # the same one again
    assert (stage(), Leave.objects.count()) == (Stage.SECOND, 0)
    decide(second)
    assert (stage(), Leave.objects.count()) == (Stage.AGREED, 1)
    request = DutyRequest.objects.get()
    assert request.agreed_by != request.ended_by


def test_whoever_agreed_first_may_still_refuse() -> None:
    roster = make_roster(hours=6)
    Visitor(roster.ana).ask_leave(roster.anas.starts_at, roster.anas.ends_at)
    first = coordinate(roster)
    decide(first)
    decide(first, "refuse")
    assert (stage(), Leave.objects.count()) == (Stage.REFUSED, 0)


def test_a_swap_or_leave_that_takes_the_deputy_away_says_so(roster: Roster) -> None:
    deputy = give(roster.cela, roster.anas.starts_at, rank=2)
    Visitor(roster.cela).ask_leave(deputy.starts_at, deputy.ends_at)
    page = coordinate(roster).get(_address()).content.decode()
    assert "No deputy:" in page
    assert "nobody is on duty" not in page


def test_a_roster_that_changed_meanwhile_is_shown_again(roster: Roster) -> None:
    Visitor(roster.ana).ask_leave(roster.anas.starts_at, roster.anas.ends_at)
    chief = coordinate(roster)
    seen = chief.get(_address()).context["outcome"].digest
    give(roster.cela, roster.anas.starts_at, hours=99, rank=2)
    answer = chief.post(_address(), {"decision": "agree", "seen": seen})
    assert answer.status_code == 409
    assert "not as you saw it" in answer.content.decode()
    assert (stage(), Leave.objects.count()) == (Stage.COORDINATOR, 0)
    assert decide(chief).status_code == 302
    assert Leave.objects.count() == 1


def test_what_a_coordinator_saw_holds_while_the_minutes_pass(roster: Roster) -> None:
    begun = give(roster.cela, timezone.now() - 2 * HOUR, hours=20)
    Visitor(roster.cela).ask_leave(timezone.now() - HOUR, begun.ends_at)
    first, second = coordinate(roster), coordinate(roster)
    seen = first.get(_address()).context["outcome"].digest
    later = timezone.now() + timedelta(minutes=7)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert first.post(_address(), {"decision": "agree", "seen": seen}).status_code == 302
        assert stage() == Stage.SECOND
        assert decide(second).status_code == 302
    assert Leave.objects.count() == 1


def _address() -> str:
    return reverse("duty_request", args=[DutyRequest.objects.latest("asked_at").pk])


# ---- swaps ----


def test_a_colleague_confirms_and_one_coordinator_enters_it(roster: Roster) -> None:
    ana = ask_swap(roster)
    assert owners() == [roster.ana.pk, roster.beni.pk]
    chief = coordinate(roster)
    assert decide(chief).status_code == 409  # the colleague comes first
    roster.benis.delete()
    give(roster.beni, roster.anas.ends_at + 30 * HOUR)
    beni = confirm(roster)
    assert beni.answer.status_code == 303
    assert owners()[0] == roster.ana.pk
    decide(chief)
    assert owners()[0] == roster.beni.pk
    assert stage() == Stage.AGREED
    assert "agreed" in ana.read()
    mailed = DutyMail.objects.filter(kind=MailKind.ENDED).values_list("contact", flat=True)
    assert set(mailed) == {roster.ana.pk, roster.beni.pk}
    roster.anas.refresh_from_db()
    assert roster.anas.version == 1  # as any other change of it: two people never overwrite each other


def test_a_shift_is_given_in_return(roster: Roster) -> None:
    ask_swap(roster, f"s{roster.benis.pk}")
    confirm(roster)
    decide(coordinate(roster))
    assert owners() == [roster.beni.pk, roster.ana.pk]
    assert stage() == Stage.AGREED


def test_a_swap_within_a_day_takes_two_coordinators_however_many_contacts_agree() -> None:
    roster = make_roster(hours=10)
    ask_swap(roster, f"s{roster.benis.pk}")
    confirm(roster)
    first, second = coordinate(roster), coordinate(roster)
    decide(first)
    assert (stage(), owners()) == (Stage.SECOND, [roster.ana.pk, roster.beni.pk])
    decide(first)
    assert owners() == [roster.ana.pk, roster.beni.pk]
    decide(second)
    assert (stage(), owners()) == (Stage.AGREED, [roster.beni.pk, roster.ana.pk])


def test_the_colleague_declines_and_the_asker_is_told(roster: Roster) -> None:
    ask_swap(roster)
    confirm(roster, do="decline")
    assert (stage(), owners()) == (Stage.DECLINED, [roster.ana.pk, roster.beni.pk])
    assert list(DutyMail.objects.filter(kind=MailKind.ENDED).values_list("contact", flat=True)) == [roster.ana.pk]
    assert confirm(roster).answer.status_code == 409  # and not the other way round afterwards
    assert stage() == Stage.DECLINED


def test_nobody_else_confirms_and_nothing_is_confirmed_twice(roster: Roster) -> None:
    ask_swap(roster, f"c{roster.cela.pk}")
    assert confirm(roster, roster.beni).answer.status_code == 409
    assert confirm(roster, roster.ana).answer.status_code == 409
    stranger = make_contact(roster.country.cpu, "Dita", pin=PIN)
    assert confirm(roster, stranger).answer.status_code == 409
    assert stage() == Stage.COLLEAGUE
    assert confirm(roster, roster.cela).answer.status_code == 303
    assert confirm(roster, roster.cela).answer.status_code == 409
    assert AuditEntry.objects.filter(action="duty.swap_confirmed").count() == 1


def test_only_ones_own_coming_shift_goes_to_a_colleague_of_the_same_office(roster: Roster) -> None:
    ana = Visitor(roster.ana)
    stranger = make_contact(roster.country.cpu, "Dita", pin=PIN)
    theirs = give(stranger, roster.anas.starts_at)
    running = give(roster.ana, timezone.now() - HOUR)
    standing = DutyShift.objects.create(
        partner=roster.office, contact=roster.ana, starts_at=timezone.now() + 400 * HOUR, ends_at=None
    )
    cela = f"c{roster.cela.pk}"
    for shift, with_whom in (
        (roster.benis.pk, cela),
        (roster.anas.pk, f"c{stranger.pk}"),
        (roster.anas.pk, f"s{theirs.pk}"),
        (roster.anas.pk, f"c{roster.ana.pk}"),
        (roster.anas.pk, f"s{roster.anas.pk}"),
        (roster.anas.pk, ""),
        (roster.anas.pk, "c" + "9" * 40),
        (roster.anas.pk, "c١"),
        (running.pk, cela),
        (standing.pk, cela),
        ("x", cela),
        ("9" * 40, cela),
    ):
        assert ana.send(do="swap", shift=shift, **{"with": with_whom}) == 409, (shift, with_whom)
        assert ana.problems()
    assert DutyRequest.objects.count() == 0


def test_a_colleague_without_a_pin_or_on_leave_or_on_the_roster_then_is_said(roster: Roster) -> None:
    ana = Visitor(roster.ana)
    Contact.objects.filter(pk=roster.cela.pk).update(pin_hash="")
    assert ana.send(do="swap", shift=roster.anas.pk, **{"with": f"c{roster.cela.pk}"}) == 409
    assert "no PIN" in ana.problems()
    Leave.objects.create(contact=roster.beni, starts_at=roster.anas.starts_at, ends_at=roster.anas.ends_at)
    assert ana.send(do="swap", shift=roster.anas.pk, **{"with": f"c{roster.beni.pk}"}) == 409
    assert "on leave" in ana.problems()
    Leave.objects.all().delete()
    give(roster.beni, roster.anas.starts_at, rank=2)
    assert ana.send(do="swap", shift=roster.anas.pk, **{"with": f"c{roster.beni.pk}"}) == 409
    assert "on the roster then already" in ana.problems()


def test_a_shift_has_one_open_swap(roster: Roster) -> None:
    ana = ask_swap(roster)
    assert ana.send(do="swap", shift=roster.anas.pk, **{"with": f"c{roster.cela.pk}"}) == 409
    assert "already" in ana.problems()
    ana.send(do="withdraw", request=DutyRequest.objects.get().pk)
    assert ana.send(do="swap", shift=roster.anas.pk, **{"with": f"c{roster.cela.pk}"}) == 303


@pytest.mark.parametrize("what", ["moved", "deleted", "given away", "leave", "inactive", "begun", "other rank"])
@pytest.mark.parametrize("when", ["before the colleague", "before the coordinator", "before the second"])
def test_a_swap_that_became_impossible_ends_in_words_and_changes_nothing(what: str, when: str) -> None:
    roster = make_roster(hours=10)
    ask_swap(roster, f"s{roster.benis.pk}")
    first, second = coordinate(roster), coordinate(roster)
    if when != "before the colleague":
        confirm(roster)
    if when == "before the second":
        decide(first)
        assert stage() == Stage.SECOND
    _spoil(roster, what)
    before = owners()
    if when == "before the colleague":
        answer = confirm(roster).answer
    else:
        answer = decide(second if when == "before the second" else first)
    # An inactive colleague's link opens nothing at all, and the swap goes on waiting until its time comes.
    assert answer.status_code == (404 if (what, when) == ("inactive", "before the colleague") else 409)
    assert stage() == (Stage.COLLEAGUE if answer.status_code == 404 else Stage.LAPSED)
    assert owners() == before
    if answer.status_code == 409:
        assert DutyMail.objects.filter(kind=MailKind.ENDED, contact=roster.ana).count() == 1


def _spoil(roster: Roster, what: str) -> None:
    shift = DutyShift.objects.filter(pk=roster.benis.pk)
    if what == "moved":
        shift.update(ends_at=roster.benis.ends_at + HOUR)
    elif what == "deleted":
        shift.get().delete()
    elif what == "given away":
        shift.update(contact=roster.cela)
    elif what == "other rank":
        shift.update(rank=2)
    elif what == "leave":
        start = roster.anas.starts_at
        Leave.objects.create(contact=roster.beni, starts_at=start + HOUR, ends_at=start + 2 * HOUR)
    elif what == "inactive":
        Contact.objects.filter(pk=roster.beni.pk).update(is_active=False)
    elif what == "begun":
        # As it was agreed about, and begun a minute ago.
        roster.anas.starts_at = timezone.now() - timedelta(minutes=1)
        roster.anas.save()
        request = DutyRequest.objects.get()
        request.terms["shift"] = get_values(roster.anas)
        request.save()


def test_whoever_asked_withdraws_and_nobody_else(roster: Roster) -> None:
    ana = ask_swap(roster)
    request = DutyRequest.objects.get()
    assert Visitor(roster.beni).send(do="withdraw", request=request.pk) == 409
    assert Visitor(roster.cela).send(do="withdraw", request=request.pk) == 409
    assert ana.send(do="withdraw", request=request.pk) == 303
    assert ana.send(do="withdraw", request=request.pk) == 409
    assert stage() == Stage.WITHDRAWN
    for wrong in ("", "x", uuid4()):
        assert ana.send(do="withdraw", request=wrong) == 409


def test_what_has_begun_lapses_by_itself_and_both_are_told(roster: Roster) -> None:
    ask_swap(roster)
    each_minute(now=timezone.now())
    assert stage() == Stage.COLLEAGUE
    each_minute(now=roster.anas.starts_at)
    assert stage() == Stage.LAPSED
    mailed = DutyMail.objects.filter(kind=MailKind.ENDED).values_list("contact", flat=True)
    assert set(mailed) == {roster.ana.pk, roster.beni.pk}
    each_minute(now=roster.anas.starts_at + HOUR)
    assert DutyMail.objects.filter(kind=MailKind.ENDED).count() == 2


def test_one_bad_row_does_not_keep_the_others_from_lapsing(roster: Roster) -> None:
    ask_swap(roster)
    Visitor(roster.cela).send(
        do="leave", starts_at=local(timezone.now() + HOUR), ends_at=local(timezone.now() + 2 * HOUR), kind="other"
    )
    honest, bad = actions._end, DutyRequest.objects.get(kind=RequestKind.SWAP).pk

    def break_one(request: DutyRequest, *args: Any, **kwargs: Any) -> None:
        if request.pk == bad:
            raise ValueError("bad")
        honest(request, *args, **kwargs)

    with mock.patch.object(actions, "_end", break_one):
        each_minute(now=roster.benis.ends_at)
    assert set(DutyRequest.objects.values_list("kind", "stage")) == {("swap", "colleague"), ("leave", "lapsed")}


# ---- who decides ----


def test_a_coordinator_who_asked_does_not_agree_to_their_own(roster: Roster) -> None:
    office = roster.country.coordinator
    person = make_contact(office, "Shefi", pin=PIN)
    own = enter_cms(
        Client(), make_user(StaffRole.COORDINATOR, region=roster.country.vlore.region, email=person.email.upper())
    )
    Visitor(person).ask_leave(timezone.now() + 60 * HOUR, timezone.now() + 70 * HOUR)
    assert decide(own).status_code == 409
    assert Leave.objects.count() == 0
    decide(coordinate(roster))
    assert Leave.objects.count() == 1


def test_another_regions_request_is_not_there(roster: Roster) -> None:
    ask_swap(roster)
    confirm(roster)
    there = make_place("berat", "Berat").region
    there.is_outreach = True
    there.save()
    stranger = enter_cms(Client(), make_user(StaffRole.COORDINATOR, region=there, language="en"))
    request = DutyRequest.objects.get()
    assert stranger.get(reverse("duty_request", args=[request.pk])).status_code == 404
    assert stranger.post(reverse("duty_request", args=[request.pk]), {"decision": "refuse"}).status_code == 404
    assert roster.ana.name not in stranger.get(reverse("duty_requests")).content.decode()
    assert stranger.get(reverse("duty_links", args=[roster.office.pk])).status_code == 404
    assert stranger.post(reverse("duty_links", args=[roster.office.pk]), {"contact": roster.ana.pk}).status_code == 404
    assert stage() == Stage.COORDINATOR


@pytest.mark.parametrize("role", [StaffRole.OPERATOR, StaffRole.EDITOR, StaffRole.AUDITOR])
def test_no_other_role_decides(roster: Roster, role: StaffRole) -> None:
    ask_swap(roster)
    confirm(roster)
    client = enter_cms(Client(), make_user(role))
    assert client.get(reverse("duty_requests")).status_code in (403, 404)
    assert client.post(_address(), {"decision": "agree"}).status_code in (403, 404)
    assert stage() == Stage.COORDINATOR


def test_an_unknown_decision_and_a_decided_request_are_said(roster: Roster) -> None:
    ask_swap(roster)
    confirm(roster)
    chief = coordinate(roster)
    assert chief.post(_address(), {"decision": "x"}).status_code == 409
    decide(chief, "refuse")
    assert chief.post(_address(), {"decision": "agree"}).status_code == 409
    assert chief.post(_address(), {"decision": "refuse"}).status_code == 409
    assert (stage(), owners()) == (Stage.REFUSED, [roster.ana.pk, roster.beni.pk])
    assert chief.get(reverse("duty_request", args=[uuid4()])).status_code == 404


def test_nobody_asks_without_end(roster: Roster) -> None:
    ana = Visitor(roster.ana)
    start = timezone.now() + 100 * HOUR
    for number in range(MAX_OPEN):
        assert ana.ask_leave(start + 2 * number * HOUR, start + (2 * number + 1) * HOUR) == 303
    assert ana.ask_leave(start - 5 * HOUR, start - 4 * HOUR) == 422
    assert "asked for much" in ana.problems()
    DutyRequest.objects.all().delete()
    for _each in range(ASKED.most):
        ASKED.hit(str(roster.ana.pk))
    assert ana.ask_leave(start, start + HOUR) == 422


# ---- the coordinator's page of links ----


def test_a_coordinator_has_a_link_mailed_and_never_sees_it(roster: Roster, mailoutbox: list[Any]) -> None:
    chief = coordinate(roster)
    old = Visitor(roster.ana)
    address = reverse("duty_links", args=[roster.office.pk])
    chief.post(address, {"contact": roster.ana.pk, "do": "mail"})
    assert old.client.get(old.path).status_code == 404
    assert send_due(timezone.now()) == 1
    (mail,) = mailoutbox
    assert mail.to == [roster.ana.email]
    link = DutyLink.objects.get(ended_at=None)
    assert link.link_token in mail.body
    page = chief.get(address).content.decode()
    assert link.link_token not in page
    chief.post(address, {"contact": roster.ana.pk, "do": "end"})
    assert DutyLink.objects.filter(ended_at=None).count() == 0
    assert chief.post(address, {"contact": "9" * 30, "do": "mail"}).status_code == 404
    Contact.objects.filter(pk=roster.ana.pk).update(pin_hash="")
    chief.post(address, {"contact": roster.ana.pk, "do": "mail"})
    assert send_due(timezone.now()) == 0


def test_the_page_reads_a_bounded_number_of_rows(roster: Roster, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        give(roster.beni, roster.benis.ends_at + number * 24 * HOUR)
        give(roster.ana, roster.benis.ends_at + (number * 24 + 12) * HOUR)
    ana = Visitor(roster.ana)
    with django_assert_max_num_queries(16):
        assert roster.ana.name in ana.read()
