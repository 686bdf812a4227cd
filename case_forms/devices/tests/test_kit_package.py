"""A kit on a phone: what is said, shown and handed out, with the pictures that fit, and nothing of anybody."""

import gzip
import json
import uuid
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone
from django.utils.html import escape
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from access.models import User
from case_forms.devices.actions import end_device, grant_device, set_up_device
from case_forms.devices.models import EndedWhy
from content.pictures import make_sizes
from outreach_pages.kits.contents import read_materials
from outreach_pages.kits.models import KitPage, KitVersion
from outreach_pages.records.models import InformativeSession
from outreach_pages.tests.places import session as make_session
from tests.seeds import lay_down_demo

from .. import kit_package, pack
from ..kit_package import PhoneFiles, build_kit_package
from ..pack import build_pack
from .phone import API, Phone
from .planned import count, plan, read_plan_package

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> User:
    lay_down_demo()
    return User.objects.get(username="vlore1")


@pytest.fixture
def version(worker: User) -> KitVersion:
    return KitVersion.objects.newest_of_live_kits().filter(language="sq").order_by("pk")[0]


@pytest.fixture
def phone(worker: User) -> Phone:
    coordinator = User.objects.get(username="koordinator")
    grant_device(user=worker, region=worker.units().get().region, by=coordinator)
    made = set_up_device(user=worker, name="Telefoni i provës", replace=True)
    return Phone(made.device, made.queue_token, made.pack_token)


def read_kit(phone: Phone, version: int, token: str = "", **headers: str) -> Any:
    return phone.client.get(f"{API}device-kits/{version}", headers={**phone.bearer(token or phone.pack), **headers})


def test_every_kit_goes_along_with_every_material_and_is_small(worker: User) -> None:
    shown = set()
    for version in KitVersion.objects.newest_of_live_kits():
        package = build_kit_package(version)
        materials = read_materials(version)
        assert [each["page"] for each in package["materials"]] == [each.page for each in materials]
        for made, material in zip(package["materials"], materials, strict=True):
            assert made["title"] == material.title
            assert bool(made["slides"]) == material.is_slides
            assert made["html"] or made["slides"]
            shown.add(material.kind)
        text = json.dumps(package, ensure_ascii=False)
        assert len(gzip.compress(text.encode())) < 1_000_000, version
        assert '<img src="/' not in text
        assert build_kit_package(version)["sha256"] == package["sha256"]
    assert {"slides", "script", "quiz"} <= shown


def test_a_slide_has_its_words_and_its_notes_and_a_quiz_its_answers(worker: User) -> None:
    for version in KitVersion.objects.newest_of_live_kits():
        for made, material in zip(build_kit_package(version)["materials"], read_materials(version), strict=True):
            for slide, raw in zip(made["slides"], material.raw_body, strict=False):
                if raw["type"] == "slide":
                    assert (slide["title"], slide["notes"]) == (raw["value"]["title"], raw["value"]["notes"])
            for raw in material.raw_body:
                if raw["type"] != "quiz":
                    continue
                for question in raw["value"]["questions"]:
                    asked = question.get("value", question)
                    right = [each.get("value", each) for each in asked["answers"]]
                    assert [escape(each["text"]) in made["html"] for each in right if each["is_right"]] == [True]


def test_pictures_go_along_while_there_is_room_and_what_stays_behind_is_named(db: None) -> None:
    image = get_image_model().objects.create(title="Fletushka", file=get_test_image_file(size=(1000, 700)))
    make_sizes(image)
    files = PhoneFiles()
    address = files.get_address(image)
    assert address.startswith("data:image/jpeg;base64,")
    assert files.get_address(image) == address
    assert files.room == kit_package.MAX_PICTURES - len(kit_package.read_small_picture(image)[0])
    small = PhoneFiles(room=10)
    assert (small.get_address(image), small.get_address(image), small.missing) == ("", "", ["Fletushka"])


def test_a_material_that_cannot_be_drawn_is_named_and_stops_no_other(version: KitVersion) -> None:
    broken = read_materials(version)[0]
    real = kit_package._build_material

    def fail_once(version: Any, files: Any, material: Any) -> Any:
        if material.page == broken.page:
            raise KeyError("Kanarina")
        return real(version, files, material)

    with patch.object(kit_package, "_build_material", fail_once):
        package = build_kit_package(version)
    assert broken.title in package["missing"]
    assert len(package["materials"]) == len(version.content["materials"]) - 1


def test_it_comes_with_the_token_that_reads_and_only_once(phone: Phone, version: KitVersion) -> None:
    answer = read_kit(phone, version.pk)
    assert answer.status_code == 200
    assert answer.json()["title"] == version.title
    assert "private" in answer["Cache-Control"]
    assert read_kit(phone, version.pk, **{"If-None-Match": answer["ETag"]}).status_code == 304
    assert read_kit(phone, version.pk, phone.queue).status_code == 403
    assert read_kit(phone, version.pk, "x").status_code == 401


def test_an_ended_phone_reads_no_kit(phone: Phone, version: KitVersion) -> None:
    end_device(device=phone.device, by=phone.device.user, why=EndedWhy.LOST)
    assert read_kit(phone, version.pk).status_code in (401, 410)


def test_what_there_is_not_is_not_found(phone: Phone) -> None:
    for number in (0, 2**63 - 1, 2**63, 10**30):
        assert read_kit(phone, number).status_code == 404


def test_the_kit_of_a_planned_session_comes_along_in_the_version_that_it_names(
    worker: User, phone: Phone, version: KitVersion
) -> None:
    day = timezone.localdate() + timedelta(days=2)
    make_session(worker, worker.units().get(), date=day, kit_version=version)
    kits = build_pack(phone.device, "sq")["kits"]
    assert [each["planned"] for each in kits if each["id"] == version.pk] == [True]
    assert len({each["id"] for each in kits}) == len(kits)
    assert kits[0]["planned"]


def test_another_units_session_brings_nothing(worker: User, phone: Phone, version: KitVersion) -> None:
    far = InformativeSession.objects.exclude(unit__in=worker.units()).exclude(
        municipality__region__in=[unit.region_id for unit in worker.units()]
    )
    far.update(kit_version=version, date=timezone.localdate())
    InformativeSession.objects.visible_to(worker).update(kit_version=None)
    taken = build_pack(phone.device, "sq")
    assert not any(each["planned"] for each in taken["kits"])
    assert not {uuid.UUID(str(each["id"])) for each in taken["sessions"]} & set(far.values_list("pk", flat=True))


def test_a_kit_that_is_no_longer_published_says_so(worker: User, phone: Phone, version: KitVersion) -> None:
    make_session(worker, worker.units().get(), date=timezone.localdate(), kit_version=version)
    KitPage.objects.filter(pk=version.kit_id).update(live=False)
    (line,) = [each for each in build_pack(phone.device, "en")["kits"] if each["id"] == version.pk]
    assert line["note"]


@pytest.mark.parametrize("language", ["sq", "en"])
def test_of_more_kits_than_fit_those_in_the_person_s_language_come_along(phone, monkeypatch, language):
    monkeypatch.setattr(pack, "MAX_KITS", 1)
    found = pack.build_pack(phone.device, language)
    assert [each["language"] for each in found["kits"] if not each["planned"]] == [language]
    assert found["more"]["kits"] > 0


def test_a_session_that_was_planned_and_counted_on_a_phone_names_the_version_that_was_there(
    phone: Phone, version: KitVersion
) -> None:
    boxes = read_plan_package(phone)["record"]["kits"][str(version.pk)]
    page = version.content["materials"][0]["page"]
    assert boxes["asks_used"] is True
    assert f'name="used" value="{page}"' in boxes["html"]
    newer = KitVersion.objects.get(pk=version.pk)
    newer.pk, newer.number, newer._state.adding = None, version.number + 1, True
    newer.save(force_insert=True)
    assert version not in KitVersion.objects.newest_of_live_kits()
    key, named = str(uuid.uuid4()), str(version.pk)
    assert phone.deliver(plan(phone, key, kit_version=named)).status_code == 201
    used = {"kit_version": named, "materials_of": named, "used": str(page)}
    assert phone.deliver(count(phone, key, **used)).status_code == 201
    session = InformativeSession.objects.get(pk=key)
    assert (session.kit_version, session.state) == (version, "held")
    assert list(session.used_materials.values_list("page_id", flat=True)) == [page]
    gone = phone.deliver(plan(phone, str(uuid.uuid4()), kit_version="9" * 9, starts_at="15:00", ends_at="16:00"))
    assert gone.json()["reason"] == "refused"
