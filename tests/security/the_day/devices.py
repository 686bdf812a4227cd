"""Phones that store: who may have one, how it ends, what it delivers and takes along."""

import uuid
from typing import Any

from django.urls import reverse

from case_forms.cases.models import Case
from case_forms.devices.actions import grant_device, set_up_device
from case_forms.devices.models import Device, DeviceGrant, PhoneAlarm
from case_forms.devices.tests.phone import Phone
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.models import Draft
from notifications.channels.gateways.incoming import Sms
from notifications.inbound.actions import take_sms

from .acts import act
from .day import Day
from .staff import Staff


def allow(day: Day) -> DeviceGrant:
    worker = day.worker.user
    return grant_device(user=worker, region=worker.units().get().region, by=day.coordinator.user)


def phone(day: Day) -> Phone:
    allow(day)
    made = set_up_device(user=day.worker.user, name="Kanarina", replace=True)
    return Phone(made.device, made.queue_token, made.pack_token)


def by_phone(me: Staff, answer: Any, *statuses: int) -> Any:
    assert answer.status_code in statuses, answer.content
    me.driven.add(answer.wsgi_request.resolver_match.view_name)
    return answer


def send(me: Staff, route: str, body: dict[str, Any], *statuses: int) -> Any:
    return by_phone(me, me.client.post(reverse(route), body, content_type="application/json"), *statuses)


@act("device.granted", "coordinator", "devices:grants")
def allow_a_phone(day: Day, me: Staff) -> Any:
    me.post("devices:grants", user=day.worker.user.pk, do="grant")
    return "user", day.worker.user.pk


@act("device.grant_ended", "coordinator", "devices:grants")
def withdraw_a_phone(day: Day, me: Staff) -> Any:
    phone(day)
    me.post("devices:grants", user=day.worker.user.pk, do="withdraw")
    return "user", day.worker.user.pk


@act("device.set_up", "worker", "field_api:devices")
def set_up_a_phone(day: Day, me: Staff) -> Any:
    allow(day)
    send(me, "field_api:devices", {"name": "Kanarina"}, 201)
    return Device.objects.latest("created_at")


@act("device.renewed", "worker", "field_api:device_renewal")
def renew_a_phone(day: Day, me: Staff) -> Any:
    device = phone(day).device
    send(me, "field_api:device_renewal", {"device": str(device.pk)}, 200)
    return device


@act("device.ended", "coordinator", "devices:end")
def end_a_phone(day: Day, me: Staff) -> Any:
    device = phone(day).device
    me.post("devices:end", device.pk, why="lost")
    return device


@act("device.case_marked", "worker", "devices:road")
def take_a_case_along(day: Day, me: Staff) -> Any:
    phone(day)
    case = Case.objects.filter(unit__in=me.user.units(), closed_at=None).latest("opened_at")
    Case.objects.filter(pk=case.pk).update(lead=me.user)
    me.post("devices:road", case=case.reference, do="take")
    return case


@act("device.alarm_seen", "coordinator", "devices:alarms")
def see_to_an_alarm(day: Day, me: Staff) -> Any:
    device = phone(day).device
    take_sms("phones", Sms(uuid.uuid4().hex, "+355 00 777", device.code_urgent))
    me.post("devices:alarms", alarm=PhoneAlarm.objects.latest("at").pk)
    return device


@act("device.pack_read", "worker", "field_api:device_pack")
def load_what_a_phone_takes_along(day: Day, me: Staff) -> Any:
    theirs = phone(day)
    by_phone(me, theirs.client.get(reverse("field_api:device_pack"), headers=theirs.bearer(theirs.pack)), 200)
    return theirs.device


def begin_here(day: Day, me: Staff) -> Draft:
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    section = version.parsed_form.sections[0].key
    return Draft.objects.create(form_version=version, unit=me.user.units()[0], owner=me.user, section=section)


@act("draft.offered_to_phone", "worker", "devices:draft")
def offer_a_draft_to_the_phone(day: Day, me: Staff) -> Any:
    phone(day)
    draft = begin_here(day, me)
    me.post("devices:draft", draft.pk)
    return draft


@act("draft.taken_to_phone", "worker", "field_api:device_draft")
def have_a_phone_take_a_draft(day: Day, me: Staff) -> Any:
    theirs = phone(day)
    draft = begin_here(day, me)
    me.post("devices:draft", draft.pk)
    path = reverse("field_api:device_draft", args=[draft.pk])
    by_phone(me, theirs.client.post(path, headers=theirs.bearer(theirs.pack)), 200)
    return draft


@act("draft.from_phone", "worker", "field_api:sealed_submissions")
def deliver_what_comes_back(day: Day, me: Staff) -> Any:
    theirs = phone(day)
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    filled = {
        "form": "initial_identification",
        "version": version.number,
        "occurred_at": theirs.now.isoformat(),
        "fields": [["other_notes", "Kanarina"]],
    }
    answer = by_phone(me, theirs.deliver(theirs.seal(filled)), 422)
    return Draft.objects.get(pk=answer.json()["draft"])


@act("draft.from_phone", "worker", "field_api:device_rescues")
def hand_drafts_over(day: Day, me: Staff) -> Any:
    theirs = phone(day)
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    plain = {"form": "initial_identification", "version": version.number, "fields": [["other_notes", "Kanarina"]]}
    answer = by_phone(me, theirs.rescue({str(uuid.uuid4()): plain}), 200)
    return Draft.objects.get(pk=answer.json()["saved"][0])


@act("draft.met_from_phone", "worker", "field_api:device_rescues")
def hand_over_what_goes_on_from_a_draft(day: Day, me: Staff) -> Any:
    theirs = phone(day)
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    plain = {"form": "initial_identification", "version": version.number, "fields": [["other_notes", "Kanarina"]]}
    before = str(uuid.uuid4())
    theirs.rescue({before: plain})
    draft = Draft.objects.get(pk=before)
    by_phone(me, theirs.rescue({str(uuid.uuid4()): {**plain, "follows": [before]}}), 200)
    return draft


@act("draft.saved_from_phone", "worker", "field_api:device_rescues")
def hand_over_what_goes_on_from_a_draft_that_is_worked_on(day: Day, me: Staff) -> Any:
    theirs = phone(day)
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    plain = {"form": "initial_identification", "version": version.number, "fields": [["alias", "Kanarina"]]}
    before = str(uuid.uuid4())
    theirs.rescue({before: plain})
    Draft.objects.filter(pk=before).update(section_versions={"person": {"version": 1}})
    newer = {**plain, "fields": [["alias", "Newer"]], "follows": [before]}
    by_phone(me, theirs.rescue({str(uuid.uuid4()): newer}), 200)
    return Draft.objects.get(pk=before)
