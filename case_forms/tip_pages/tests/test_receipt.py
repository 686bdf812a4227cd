"""The receipt says who is told, as the notices have it: every office, nobody's name, numbers where nobody is."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from case_forms.tips.models import Tip
from case_forms.tips.public_actions import add_message
from case_forms.tips.recipients import get_notified_recipients
from case_forms.tips.tests.scene import make_tip_scene
from content.models import Hotline
from notifications.directory.models import Contact, DutyShift
from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice

from .pages import press

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settled(settings):
    settings.ASKING_WAIT_SECONDS = 0
    Hotline.objects.create(
        key="police",
        number="129",
        for_danger=True,
        never_stale=True,
        publish="yes",
        source="x",
        name_sq="Policia",
        name_en="Police",
        short_sq="policia",
        short_en="police",
    )


@pytest.fixture
def scene():
    return make_tip_scene()


def nobody_at(scene, *roles):
    for role in roles:
        DutyShift.objects.filter(partner=scene.offices[role]).delete()
        Contact.objects.filter(partner=scene.offices[role]).update(is_active=False)


def receipt(client, scene, **typed):
    with translation.override("en"):
        address = reverse("asking:region", args=[scene.place.region.slug])
    html = to_review_past_danger(client, address, **typed)
    return press(client, address, html, "send").content.decode()


def to_review_past_danger(client, address, **typed):
    html = client.get(address).content.decode()
    html = press(client, address, html, "next", what="A car waits.", **typed).content.decode()
    for _page in range(5):
        if 'value="_review"' in html:
            return html
        html = press(client, address, html, "next").content.decode()
    raise AssertionError("the review never came")


def whom(html):
    return re.findall(r"<li>([^<]+)</li>", html.split('id="whom"')[1].split("</section>")[0])


def test_a_report_of_danger_to_a_child_names_the_unit_the_police_and_the_child_protection_unit(client, scene):
    html = receipt(client, scene, danger_now="yes", child_involved="yes")
    assert whom(html) == [scene.unit.name, "Anti-trafficking police officer", "Child Protection Unit"]


def test_whoever_reports_no_danger_reads_only_of_the_unit(client, scene):
    assert whom(receipt(client, scene)) == [scene.unit.name]


def test_nobodys_name_stands_on_the_receipt(client, scene):
    html = receipt(client, scene, danger_now="yes", child_involved="yes")
    for contact in Contact.objects.all():
        assert contact.name not in html
        assert contact.email not in html


def test_an_office_where_nobody_was_found_is_not_said_to_be_told_and_the_numbers_stand_there(client, scene):
    nobody_at(scene, "police")
    html = receipt(client, scene, danger_now="yes")
    assert whom(html) == [scene.unit.name, "Vatra coordinator"]
    warned = html.split("No contact could be found at:")[1]
    assert "anti-trafficking police officer" in warned.split("</strong>")[0]
    assert 'href="tel:129"' in warned.split("</div>")[0]


def test_where_nobody_at_all_was_found_the_page_says_so_and_gives_the_numbers(client, scene):
    nobody_at(scene, "mobile_unit", "coordinator")
    html = receipt(client, scene)
    assert 'id="whom"' not in html
    said = html.split("no contact could be found right now")[1]
    assert 'href="tel:129"' in said.split("</div>")[0]
    assert "receipt-code" in html


@pytest.mark.usefixtures("in_english")
def test_what_is_said_of_an_addition_is_read_from_its_own_notice(scene):
    tip = scene.receive().tip
    nobody_at(scene, "mobile_unit")
    add_message(tip_id=tip.pk, text="More.", secret=b"x" * 32)
    said = get_notified_recipients(Tip.objects.get(pk=tip.pk), "signal_added")
    assert (said.reached, said.unreached, said.instead) == ((), (scene.unit.name,), ("Vatra coordinator",))
    assert get_notified_recipients(tip).reached == (scene.unit.name,)


def test_a_notice_withdrawn_before_it_went_out_told_nobody(scene):
    tip = scene.receive().tip
    cancel(notice=Notice.objects.get(case_id=tip.pk), reason="test")
    assert get_notified_recipients(tip).nobody
