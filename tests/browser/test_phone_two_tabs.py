"""Two tabs of one phone: a photo goes with what is typed here, whatever another tab did with the draft."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.questions.tests.every_type import question
from sanitizer.tests import samples

from .pocket import PIN, Pocket

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FORM = "initial_identification"


def test_a_photo_is_attached_though_another_tab_deleted_the_draft(pocket: Pocket, tmp_path: Path) -> None:
    shipped = FormVersion.objects.newest().get(form__key=FORM).definition
    part = {**shipped["sections"][0], "items": [*shipped["sections"][0]["items"], question("file", "w_photo")]}
    publish_form(form=save_definition(key=FORM, definition={**shipped, "sections": [part, *shipped["sections"][1:]]}))
    pocket.set_up()
    page = pocket.page
    page.locator(f"[data-form={FORM}]").click()
    expect(page.locator("form#section")).to_be_visible()
    address = page.url

    other = pocket.context.new_page()
    other.goto(address)
    other.fill("#pin", PIN)
    other.click("[data-part=form] button")
    expect(other.locator("form#section")).to_be_visible()
    other.locator("details.fold > summary").last.click()
    other.locator("[data-part=discard]").click()
    expect(other.locator("form#section")).to_be_hidden()

    photo = tmp_path / "photo.jpg"
    photo.write_bytes(samples.jpeg((800, 600)))
    page.locator('[data-item="w_photo"] input[type=file]').set_input_files(photo)
    expect(page.locator('[data-item="w_photo"] .q-attached [data-size]')).not_to_be_empty()
    expect(page.locator('[data-item="w_photo"] .q-error')).to_have_count(0)
    expect(page.locator("[data-part=saved]")).to_contain_text("Saved on this phone")
    pocket.open()
    expect(page.locator("[data-part=drafts] a, [data-part=drafts] button").first).to_be_visible()
