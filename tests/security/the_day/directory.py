"""Offices, contacts, PINs, rosters, leave and agreements: asked for, agreed to, refused, withdrawn, in an emergency."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from access.models import MobileUnit, Municipality, PlaceChange, PoliceDirectorate, Region
from audit.chain import SYSTEM
from notifications.directory.changes.actions import DIRECTORY
from notifications.directory.models import (
    Agreement,
    AgreementDocument,
    Contact,
    ContactWay,
    DirectoryChange,
    DutyLink,
    DutyRequest,
    DutyShift,
    Leave,
    OfficeConflict,
    Partner,
    Role,
    ServiceProfile,
)
from notifications.directory.own_duty.actions import ask_leave, preview_request
from notifications.directory.own_duty.links import DUTY
from notifications.drills.models import DrillRun
from sanitizer.tests import samples
from tests.world.mail_keys import get_public, make_openpgp

from .acts import PHONE, act, each_of
from .day import Day, in_days, on
from .staff import Staff, form_in, get_fields

PIN = "619427"
SMS_OF_TESTS = "tests.world.phones.SmsChannel"
AWAY = (timedelta(days=5), timedelta(days=6))


def newest() -> DirectoryChange:
    return DirectoryChange.objects.latest("asked_at")


def agreed(day: Day) -> Any:
    return DIRECTORY.decide(change=newest(), agree=True, by=day.coordinator2.user)


def moment(ahead: timedelta) -> str:
    return f"{timezone.localtime() + ahead:%d.%m.%Y %H:%M}"


def service(day: Day) -> Partner:
    """A protection service of Vlorë that nobody else in the day changes."""
    number = day.number()
    office = Partner.objects.create(
        slug=f"sherbim-{number}", role=Role.PROTECTION_SERVICE, names={"sq": "Kanarina", "en": "Kanarina"}
    )
    office.regions.add(Region.objects.get(slug="vlore"))
    return office


def contact(day: Day) -> Contact:
    return Contact.objects.create(
        partner=service(day), name="Kanarina Zogu", email=f"zyra{day.number()}@kanarina.example", phone=PHONE
    )


def new_contact(day: Day) -> dict[str, Any]:
    return {
        "partner": service(day).pk, "name": "Kanarina E Re", "email": f"e-re{day.number()}@kanarina.example",
        "phone": PHONE, "pin": PIN, "pin_again": PIN,
    }  # fmt: skip


def new_office(day: Day) -> dict[str, Any]:
    return {
        "name_sq": "Kanarina", "name_en": "Kanarina", "slug": f"zyre-{day.number()}", "role": "protection_service",
        "regions": [Region.objects.get(slug="vlore").pk], "is_active": "on",
    }  # fmt: skip


def shift(day: Day, *, starts: timedelta = timedelta(days=9), ends: timedelta | None = timedelta(days=10)) -> DutyShift:
    person = contact(day)
    now = timezone.now()
    return DutyShift.objects.create(
        partner=person.partner, contact=person, rank=1, starts_at=now + starts, ends_at=now + ends if ends else None
    )


def leave(day: Day, *, starts: timedelta = AWAY[0], ends: timedelta = AWAY[1]) -> Leave:
    now = timezone.now()
    return Leave.objects.create(contact=contact(day), starts_at=now + starts, ends_at=now + ends)


# ---- drills ----


@act("drill.planned", "coordinator", "drills_of_region")
def plan_drills(day: Day, me: Staff) -> Any:
    me.fill("drills_of_region", "vlore", is_on="on", day="12")
    return "region", Region.objects.get(slug="vlore").pk


@act("drill.asked", "coordinator", "begin_drill")
def begin_a_drill(day: Day, me: Staff) -> Any:
    me.post("begin_drill", "vlore")
    return "drill", DrillRun.objects.latest("asked_at").pk


# ---- asked for ----


@act("directory.change_asked", "coordinator", "contact:add")
def ask_for_a_contact(day: Day, me: Staff) -> Any:
    me.fill("contact:add", **new_contact(day))
    return newest()


@each_of(
    (
        ("address", {"email": "e-re@kanarina.example"}),
        ("telephone", {"phone": "+355 00 777 1"}),
        ("pin", {"pin": PIN, "pin_again": PIN}),
        ("activity", {"is_active": []}),
    )
)
def _contacts(given: tuple[str, dict[str, Any]]) -> None:
    name, changes = given

    @act("directory.change_asked", "coordinator", "contact:edit")
    def ask_to_change_a_contact(day: Day, me: Staff) -> Any:
        me.fill("contact:edit", contact(day).pk, **changes)
        return newest()

    @act("directory.contact_changed", "coordinator2", "directory_changes:change")
    def agree_to_a_changed_contact(day: Day, me: Staff) -> Any:
        change = ask_to_change_a_contact(day, day.coordinator)
        me.post("directory_changes:change", change.pk, decision="agree")
        change.refresh_from_db()
        return "contact", change.entry_id

    ask_to_change_a_contact.__name__ += f"_{name}"
    agree_to_a_changed_contact.__name__ += f"_{name}"


@act("directory.change_asked", "coordinator", "partner:add")
def ask_for_an_office(day: Day, me: Staff) -> Any:
    me.fill("partner:add", **new_office(day))
    return newest()


@act("directory.change_asked", "coordinator", "partner:edit")
def ask_to_change_an_office(day: Day, me: Staff) -> Any:
    me.fill("partner:edit", service(day).pk, name_sq="Kanarina 2")
    return newest()


@act("directory.change_asked", "coordinator", "dutyshift:add")
def ask_for_a_shift_of_today(day: Day, me: Staff) -> Any:
    person = contact(day)
    me.fill(
        "dutyshift:add",
        partner=person.partner_id,
        contact=person.pk,
        rank="1",
        starts_at=moment(timedelta(hours=1)),
        ends_at=moment(timedelta(hours=9)),
    )
    return newest()


@act("directory.change_asked", "coordinator", "dutyshift:edit")
def ask_to_change_a_shift_of_today(day: Day, me: Staff) -> Any:
    row = shift(day, starts=timedelta(hours=2), ends=timedelta(hours=9))
    me.fill("dutyshift:edit", row.pk, rank="2")
    return newest()


@act("directory.change_asked", "coordinator", "dutyshift:delete")
def ask_to_delete_a_shift_of_today(day: Day, me: Staff) -> Any:
    row = shift(day, starts=timedelta(hours=2), ends=timedelta(hours=9))
    me.post("dutyshift:delete", row.pk)
    return newest()


@act("directory.change_asked", "coordinator", "dutyshift:end")
def ask_to_end_a_shift(day: Day, me: Staff) -> Any:
    row = shift(day, starts=-timedelta(hours=2), ends=None)
    me.post("dutyshift:end", row.pk)
    return newest()


ASKED = (
    ask_for_a_contact,
    ask_for_an_office,
    ask_to_change_an_office,
    ask_for_a_shift_of_today,
    ask_to_change_a_shift_of_today,
    ask_to_delete_a_shift_of_today,
    ask_to_end_a_shift,
)


@each_of(ASKED)
def _decided(ask: Any) -> None:
    @act("directory.change_agreed", "coordinator2", "directory_changes:change")
    def agree(day: Day, me: Staff) -> Any:
        change = ask(day, day.coordinator)
        me.post("directory_changes:change", change.pk, decision="agree")
        return change

    @act("directory.change_refused", "coordinator2", "directory_changes:change")
    def refuse(day: Day, me: Staff) -> Any:
        change = ask(day, day.coordinator)
        me.post("directory_changes:change", change.pk, decision="refuse")
        return change

    @act("directory.change_withdrawn", "coordinator", "directory_changes:change")
    def withdraw(day: Day, me: Staff) -> Any:
        change = ask(day, me)
        me.post("directory_changes:change", change.pk, decision="withdraw")
        return change

    for done in (agree, refuse, withdraw):
        done.__name__ += f"_of_{ask.__name__}"


# ---- in an emergency ----


@act("directory.contactway_added", "coordinator", "contactway:add")
def add_a_number_in_an_emergency(day: Day, me: Staff) -> Any:
    row = contact(day)
    row.set_pin(PIN)
    row.save()
    number = f"+35569{day.number():07}"
    me.post(
        "contactway:add", contact=row.pk, channel="sms", address=number, sent_for="all", after_minutes=0,
        is_active="on", at_once="on",
    )  # fmt: skip
    assert newest().at_once
    return "contactway", ContactWay.objects.latest("pk").pk


@act("directory.change_refused", "operator", "directory_changes:change")
def undo_an_emergency(day: Day, me: Staff) -> Any:
    add_a_number_in_an_emergency(day, day.coordinator)
    change = newest()
    me.post("directory_changes:change", change.pk, decision="refuse")
    return change


# ---- what one keeper does alone ----


@act("directory.contact_changed", "coordinator", "contact:edit")
def rename_a_contact(day: Day, me: Staff) -> Any:
    row = contact(day)
    me.fill("contact:edit", row.pk, name="Kanarina Tjetër")
    return row


@act("directory.roster_filled", "coordinator", "fill_roster")
def fill_a_roster(day: Day, me: Staff) -> Any:
    person = contact(day)
    address = reverse("fill_roster", args=[person.partner_id])
    lines = f"{person.email}; {moment(timedelta(days=20))}; {moment(timedelta(days=21))}"
    page = me.send(address, way="paste", **{"paste-lines": lines})
    me.send(address, **(get_fields(form_in(page.content, {"paste-lines": lines}, address)) | {"step": "save"}))
    return person.partner


@act("duty.link_asked", "coordinator", "duty_links")
def have_a_link_mailed(day: Day, me: Staff) -> Any:
    person = contact(day)
    person.set_pin(PIN)
    person.save()
    me.post("duty_links", person.partner_id, contact=person.pk, do="mail")
    return person


@act("duty.links_ended", "coordinator", "duty_links")
def end_a_link(day: Day, me: Staff) -> Any:
    person = contact(day)
    DUTY.make(DutyLink, person, actor=SYSTEM)
    me.post("duty_links", person.partner_id, contact=person.pk, do="end")
    return person


def asked_leave(person: Contact, ahead: timedelta) -> DutyRequest:
    start = timezone.now() + ahead
    return ask_leave(
        contact=person, starts_at=start, ends_at=start + timedelta(hours=5), kind="holiday", now=timezone.now()
    )


@act("duty.request_refused", "coordinator", "duty_request")
def refuse_leave(day: Day, me: Staff) -> Any:
    asked = asked_leave(contact(day), timedelta(days=9))
    me.post("duty_request", asked.pk, decision="refuse")
    return asked


@act("duty.request_agreed", "coordinator", "duty_request")
def agree_to_leave(day: Day, me: Staff) -> Any:
    asked = asked_leave(contact(day), timedelta(days=11))
    seen = preview_request(asked, now=timezone.now()).digest
    me.post("duty_request", asked.pk, decision="agree", seen=seen)
    return asked


@act("duty.request_agreed_first", "coordinator", "duty_request")
def agree_first_to_leave_within_a_day(day: Day, me: Staff) -> Any:
    person = contact(day)
    now = timezone.now()
    DutyShift.objects.create(partner=person.partner, contact=person, starts_at=now - timedelta(days=1))
    asked = asked_leave(person, timedelta(hours=2))
    me.post("duty_request", asked.pk, decision="agree", seen=preview_request(asked, now=now).digest)
    return asked


@act("directory.test_asked", "coordinator", "directory_changes:test_again")
def send_another_test(day: Day, me: Staff) -> Any:
    row = contact(day)
    Contact.objects.filter(pk=row.pk).update(reachable_at=None)
    me.post("directory_changes:test_again", row.pk)
    return row


@act("directory.pin_card_printed", "coordinator", "pin_card")
def print_the_card_for_a_pin(day: Day, me: Staff) -> Any:
    row = contact(day)
    row.set_pin(PIN)
    row.save()
    me.send(reverse("pin_card", args=[row.pk]), "get")
    return row


@act("directory.dutyshift_added", "coordinator", "dutyshift:add")
def plan_a_shift(day: Day, me: Staff) -> Any:
    person = contact(day)
    Contact.objects.filter(pk=person.pk).update(reachable_at=timezone.now())
    me.fill(
        "dutyshift:add",
        partner=person.partner_id,
        contact=person.pk,
        rank="1",
        starts_at=moment(timedelta(days=8)),
        ends_at=moment(timedelta(days=9)),
    )
    return DutyShift.objects.get(contact=person)


@act("directory.dutyshift_changed", "coordinator", "dutyshift:edit")
def change_a_planned_shift(day: Day, me: Staff) -> Any:
    row = shift(day)
    me.fill("dutyshift:edit", row.pk, rank="2")
    return row


@act("directory.dutyshift_deleted", "coordinator", "dutyshift:delete")
def delete_a_planned_shift(day: Day, me: Staff) -> Any:
    row = shift(day)
    # Somebody else is there meanwhile: else it takes two.
    DutyShift.objects.create(
        partner=row.partner, contact=row.contact, rank=2, starts_at=row.starts_at, ends_at=row.ends_at
    )
    me.post("dutyshift:delete", row.pk)
    return "dutyshift", row.pk


def way(day: Day, *, confirmed: bool = True) -> ContactWay:
    now = timezone.now()
    return ContactWay.objects.create(
        contact=contact(day), channel="sms", address="+355691234567", confirmed_at=now if confirmed else None
    )


@act("directory.change_asked", "coordinator", "contactway:add")
def ask_for_a_way(day: Day, me: Staff) -> Any:
    person = contact(day)
    me.fill("contactway:add", contact=person.pk, channel="sms", address="069 123 4567", sent_for="all", is_active="on")
    return newest()


@act("directory.contactway_added", "coordinator2", "directory_changes:change")
def agree_to_a_way(day: Day, me: Staff) -> Any:
    change = ask_for_a_way(day, day.coordinator)
    me.post("directory_changes:change", change.pk, decision="agree")
    change.refresh_from_db()
    return "contactway", change.entry_id


@act("directory.contactway_changed", "coordinator", "contactway:edit")
def change_when_a_way_is_taken(day: Day, me: Staff) -> Any:
    row = way(day)
    ContactWay.objects.filter(pk=row.pk).update(after_minutes=10)
    me.fill("contactway:edit", row.pk, after_minutes=5)  # sooner than until now: one person does
    return row


@act("directory.change_asked", "coordinator", "contactway:edit")
def ask_for_a_way_to_be_taken_later(day: Day, me: Staff) -> Any:
    me.fill("contactway:edit", way(day).pk, after_minutes=5)
    return newest()


@act("directory.change_asked", "coordinator", "contactway:add")
def ask_for_a_key(day: Day, me: Staff) -> Any:
    key = get_public(make_openpgp("kanarina@kanarina.example")).decode()
    me.fill("contactway:add", contact=contact(day).pk, channel="mailkey", pasted_key=key, is_active="on")
    return newest()


@act("directory.test_asked", "coordinator", "directory_changes:test_way")
def send_the_test_of_a_way_again(day: Day, me: Staff) -> Any:
    with override_settings(NOTIFICATION_CHANNELS={**settings.NOTIFICATION_CHANNELS, "sms": SMS_OF_TESTS}):
        row = way(day, confirmed=False)
        me.post("directory_changes:test_way", row.pk)
    return row


@act("directory.leave_added", "coordinator", "leave:add")
def write_down_a_leave(day: Day, me: Staff) -> Any:
    person = contact(day)
    me.fill("leave:add", contact=person.pk, starts_at=moment(AWAY[0]), ends_at=moment(AWAY[1]), kind="holiday")
    return Leave.objects.get(contact=person)


@act("directory.leave_changed", "coordinator", "leave:edit")
def change_a_leave(day: Day, me: Staff) -> Any:
    row = leave(day)
    me.fill("leave:edit", row.pk, ends_at=moment(timedelta(days=7)))
    return row


@act("directory.leave_deleted", "coordinator", "leave:delete")
def delete_a_leave(day: Day, me: Staff) -> Any:
    row = leave(day)
    me.post("leave:delete", row.pk)
    return "leave", row.pk


@act("directory.leave_ended", "coordinator", "leave:end")
def end_a_leave(day: Day, me: Staff) -> Any:
    row = leave(day, starts=-timedelta(hours=3))
    me.post("leave:end", row.pk)
    return row


@act("directory.change_asked", "coordinator", "agreement:add")
def ask_for_an_agreement(day: Day, me: Staff) -> Any:
    me.fill("agreement:add", partner=service(day).pk, reference="Kanarina 12", signed_on=on(in_days(-3)))
    return newest()


@act("directory.agreement_added", "coordinator2", "directory_changes:change")
def agree_to_an_agreement(day: Day, me: Staff) -> Any:
    day.coordinator.fill("agreement:add", partner=service(day).pk, reference="Kanarina 11", signed_on=on(in_days(-3)))
    change = newest()
    me.post("directory_changes:change", change.pk, decision="agree")
    change.refresh_from_db()
    return Agreement.objects.get(pk=change.entry_id)


@act("directory.agreement_changed", "coordinator", "agreement:edit")
def change_an_agreement(day: Day, me: Staff) -> Any:
    row = Agreement.objects.create(partner=service(day), reference="Kanarina 13", signed_on=in_days(-3))
    me.fill("agreement:edit", row.pk, reference="Kanarina 14")
    return row


@act("directory.agreement_document_added", "coordinator", "agreement:documents")
def add_a_signed_document(day: Day, me: Staff) -> Any:
    row = Agreement.objects.create(partner=service(day), reference="Kanarina 15", signed_on=in_days(-3))
    file = SimpleUploadedFile("kanarina.pdf", samples.pdf(), content_type="application/pdf")
    me.post("agreement:documents", row.pk, document=file)
    return row


@act("directory.agreement_document_read", "coordinator", "agreement:document")
def download_a_signed_document(day: Day, me: Staff) -> Any:
    row = Agreement.objects.create(partner=service(day), reference="Kanarina 16", signed_on=in_days(-3))
    AgreementDocument.objects.create(agreement=row, number=1, content=b"%PDF", size=4, added_by=me.user)
    me.send(reverse("agreement:document", args=[row.pk, 1]), "get")
    return row


@act("directory.agreement_account_exported", "coordinator", "agreement_account_file")
def download_what_was_notified(day: Day, me: Staff) -> Any:
    row = Agreement.objects.create(partner=service(day), reference="Kanarina 17", signed_on=in_days(-3))
    me.send(reverse("agreement_account_file", args=[row.pk]), "get")
    return row


@act("directory.agreements_printed", "coordinator", "agreement_register")
def print_the_register(day: Day, me: Staff) -> Any:
    me.send(reverse("agreement_register"), "get")
    return "agreement", ""


@act("directory.change_asked", "coordinator", "agreement:rules")
def ask_to_require_agreements(day: Day, me: Staff) -> Any:
    me.post("agreement:rules", role="legal_aid", understood="1")
    return newest()


@act("directory.agreementrule_changed", "coordinator2", "directory_changes:change")
def require_agreements(day: Day, me: Staff) -> Any:
    day.coordinator.post("agreement:rules", role="psychologist", understood="1")
    change = newest()
    me.post("directory_changes:change", change.pk, decision="agree")
    return "agreementrule", change.entry_id


@act("directory.serviceprofile_added", "coordinator", "serviceprofile:add")
def add_a_service(day: Day, me: Staff) -> Any:
    office = service(day)
    me.fill("serviceprofile:add", partner=office.pk, hours="Kanarina", age_from="12", age_to="17")
    return ServiceProfile.objects.get(partner=office)


@act("directory.serviceprofile_changed", "coordinator", "serviceprofile:edit")
def change_a_service(day: Day, me: Staff) -> Any:
    row = ServiceProfile.objects.create(partner=service(day))
    me.fill("serviceprofile:edit", row.pk, hours="Kanarina")
    return row


@act("places.said", "coordinator", "serviceprofile:edit")
def note_a_services_places(day: Day, me: Staff) -> Any:
    row = ServiceProfile.objects.create(partner=service(day))
    me.fill("serviceprofile:edit", row.pk, places_free="2")
    return row


@act("places.link_made", "coordinator", "places_links")
def make_a_link_for_places(day: Day, me: Staff) -> Any:
    office = service(day)
    ServiceProfile.objects.create(partner=office)
    person = Contact.objects.create(partner=office, name="Kanarina", email="vendet@kanarina.example")
    person.set_pin("739164")
    person.save()
    me.post("places_links", office.pk, contact=person.pk)
    return person


@act("places.links_shown", "coordinator", "places_links")
def look_at_links_for_places(day: Day, me: Staff) -> Any:
    office = service(day)
    ServiceProfile.objects.create(partner=office)
    me.send(reverse("places_links", args=[office.pk]), "get")
    return office


@each_of((("conflict_checked", "coordinator"), ("conflict_confirmed", "operator")))
def _two_offices(given: tuple[str, str]) -> None:
    what, who = given

    @act(f"directory.{what}", who, "office_conflict_checked")
    def check_an_office_that_an_upgrade_switched_off(day: Day, me: Staff) -> Any:
        off = service(day)
        by = {"checked_by": day.coordinator2.user} if what == "conflict_confirmed" else {}
        found = OfficeConflict.objects.create(kept=service(day), switched_off=off, **by)
        me.post("office_conflict_checked", found.pk)
        return off


# ---- places ----


@each_of(
    (
        ("mobileunit:edit", MobileUnit, "mobileunit_changed"),
        ("policedirectorate:edit", PoliceDirectorate, "policedirectorate_changed"),
        ("region:edit", Region, "region_changed"),
    )
)
def _names(given: tuple[str, Any, str]) -> None:
    route, model, what = given

    @act(f"place.{what}", "operator", route)
    def change_the_name_of_a_place(day: Day, me: Staff) -> Any:
        row = model.objects.first()
        me.fill(route, row.pk, name="Kanarina")
        return row


def ask_for_another_number(day: Day, me: Staff) -> PlaceChange:
    number = f"+355 69 777 {day.number():04}"
    me.fill("mobileunit:edit", MobileUnit.objects.get(slug="vlore").pk, callback_phone=number)
    return PlaceChange.objects.latest("asked_at")


@act("place.change_asked", "operator", "mobileunit:edit")
def ask_for_another_number_of_a_unit(day: Day, me: Staff) -> Any:
    return ask_for_another_number(day, me)


@act("place.change_asked", "operator", "municipality:edit")
def ask_for_another_directorate_of_a_municipality(day: Day, me: Staff) -> Any:
    row = Municipality.objects.get(slug="vlore")
    other = PoliceDirectorate.objects.exclude(pk=row.police_directorate_id).first()
    assert other is not None
    me.fill("municipality:edit", row.pk, police_directorate=other.pk)
    return PlaceChange.objects.latest("asked_at")


@act("place.change_asked", "operator", "region:edit")
def ask_for_the_mark_of_a_region_to_go(day: Day, me: Staff) -> Any:
    row = Region.objects.get(slug="vlore")
    me.fill("region:edit", row.pk, is_outreach=[] if row.is_outreach else "on")
    return PlaceChange.objects.latest("asked_at")


@each_of(
    (
        ("change_agreed", "agree", "operator2"),
        ("change_refused", "refuse", "operator2"),
        ("change_withdrawn", "withdraw", "operator"),
    )
)
def _decisions_about_places(given: tuple[str, str, str]) -> None:
    what, decision, who = given

    @act(f"place.{what}", who, "by_two:place")
    def decide_about_a_number(day: Day, me: Staff) -> Any:
        asked = ask_for_another_number(day, day.operator)
        me.post("by_two:place", asked.pk, decision=decision)
        return asked


@act("place.change_made", "operator", "mobileunit:edit")
def take_the_number_of_a_lost_phone_away(day: Day, me: Staff) -> Any:
    unit = MobileUnit.objects.get(slug="durres")
    me.fill("mobileunit:edit", unit.pk, callback_phone="")
    return PlaceChange.objects.latest("asked_at")


@act("place.mobileunit_added", "operator", "mobileunit:add")
def add_a_unit(day: Day, me: Staff) -> Any:
    slug = f"njesi-{day.number()}"
    region = Region.objects.get(slug="vlore")
    me.fill("mobileunit:add", name="Kanarina", slug=slug, region=region.pk, callback_phone="+355 69 777 0001")
    return MobileUnit.objects.get(slug=slug)


@act("place.policedirectorate_added", "operator", "policedirectorate:add")
def add_a_directorate(day: Day, me: Staff) -> Any:
    name = f"DVP Kanarina {day.number()}"
    me.fill("policedirectorate:add", name=name, short_name=f"Kanarina {day.number()}")
    return PoliceDirectorate.objects.get(name=name)


# ---- keys of webhooks ----


def webhook(day: Day) -> ContactWay:
    url = f"https://sistemi{day.number()}.kanarina.example/vatra"
    return ContactWay.objects.create(contact=contact(day), channel="webhook", address=url)


@act("webhook.key_asked", "coordinator", "webhook_keys")
def ask_for_a_webhooks_key(day: Day, me: Staff) -> Any:
    way = webhook(day)
    me.post("webhook_keys", way.pk, do="ask")
    return way


@act("webhook.key_made", "coordinator2", "webhook_keys")
def agree_to_a_webhooks_key(day: Day, me: Staff) -> Any:
    way = ask_for_a_webhooks_key(day, day.coordinator)
    me.post("webhook_keys", way.pk, do="agree")
    return way


@act("webhook.key_refused", "coordinator2", "webhook_keys")
def refuse_a_webhooks_key(day: Day, me: Staff) -> Any:
    way = ask_for_a_webhooks_key(day, day.coordinator)
    me.post("webhook_keys", way.pk, do="refuse")
    return way


@act("webhook.key_withdrawn", "coordinator", "webhook_keys")
def withdraw_the_wish_for_a_webhooks_key(day: Day, me: Staff) -> Any:
    way = ask_for_a_webhooks_key(day, me)
    me.post("webhook_keys", way.pk, do="refuse")
    return way
