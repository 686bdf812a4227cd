"""The whole walk of a form without a network, with a word of its own typed into every field, and then looked for.

The browser is the whole Chromium, which also writes down what the light one doesn't: sessions, histories, fields.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.questions.tests.every_type import question, texts
from case_forms.submissions.attachments.storage import get_content
from case_forms.submissions.models import Attachment, Submission
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from sanitizer.tests import samples
from tests.chromium import WHOLE
from tests.device.test_real_browser import memory_of
from tests.supervisor.running_system import slowness
from tests.world.mail_server import MailServer

from .pocket import PIN, Pocket, find_readable, list_readable
from .quiet import until
from .test_field import answer_everything_required

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOLD_WITHIN = 5.0  # seconds after contact; what it takes is measured in tests/bench/phone_form.py
FORM = "initial_identification"
ANSWERS = {  # what opens most of the other questions
    "immediate_danger": "no",
    "explained": "yes",
    "interpreter_needed": "yes",
    "consent_to_store": "yes",
    "police_contact_consent": "yes",
    "worker_decision": "potential_victim",
    "safe_contact_how": "call",
    "signs_heard": None,
    "needs_now": None,
    "others_present": "police",
    "w_gate": "yes",
}
CHOSEN = {"municipality": "vlore", "interpreter_used": None}
# Fields that are empty, on the screen, and typed into. A case's code must be of a case; a number has its bounds.
EMPTY = """() => [...document.querySelectorAll("form#section input, form#section textarea")].filter((field) =>
  field.name && !field.value && field.checkVisibility() && !field.readOnly && !field.name.endsWith(".accuracy")
  && ["text", "textarea", "tel", "email", "search"].includes(field.type) && field.name !== "case_ref")
  .map((field) => ({ id: field.id, name: field.name, type: field.type }))"""
# All that scripts of this address can read in the browser, as one text.
READ_ALL = """async () => {
  const found = [];
  const text = (bytes) => {
    for (let at = 0; at < bytes.length; at += 8192) found.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  };
  const take = async (value) => {
    if (typeof value === "string") found.push(value);
    else if (value instanceof ArrayBuffer) text(new Uint8Array(value));
    else if (ArrayBuffer.isView(value)) text(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (value instanceof Blob) text(new Uint8Array(await value.arrayBuffer()));
    else if (value instanceof CryptoKey) found.push(`key ${value.extractable}`);
    else if (value && typeof value === "object") {
      for (const [key, each] of Object.entries(value)) {
        found.push(key);
        await take(each);
      }
    }
  };
  const settle = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    const database = await settle(indexedDB.open(name));
    for (const table of database.objectStoreNames) {
      found.push(`table ${table}`);
      const rows = database.transaction(table).objectStore(table);
      await take(await Promise.all([settle(rows.getAllKeys()), settle(rows.getAll())]));
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) await take([request.url, await (await cache.match(request)).blob()]);
  }
  const folder = async (place) => {
    for await (const [name, entry] of place.entries()) {
      found.push(`file ${name}`);
      await (entry.kind === "file" ? take(await entry.getFile()) : folder(entry));
    }
  };
  await folder(await navigator.storage.getDirectory());
  await take([{ ...localStorage }, { ...sessionStorage }, JSON.stringify(history.state), location.href]);
  await take([document.title, document.cookie, document.documentElement.outerHTML]);
  return found.join("\\n");
}"""


class Words:
    """What was typed: a word of its own for each field, such that none of it is found by chance."""

    def __init__(self) -> None:
        self.typed: dict[str, str] = {}

    def make(self, field: dict[str, str]) -> str:
        number = len(self.typed)
        word = f"kanarina-7719-{number:02}"
        match field["type"], field["name"].rpartition(".")[2]:
            case "email", _:
                word = f"{word}@example.org"
            case "tel", _:
                word = f"069771{9000 + number}"
            case _, "lat" | "lon" as part:
                word = f"{40 if part == 'lat' else 19}.77{number:02}9"
            case _, "w_integer" | "w_decimal":
                word = f"771977{number:02}"
            case _, "age_stated":
                word = "30"
        self.typed[field["name"]] = word
        return word

    @property
    def wanted(self) -> list[str]:
        """What is looked for; a number of two digits is found anywhere."""
        return [word for word in self.typed.values() if len(word) > 2] + [samples.CANARY, "kanarina-7719"]


def with_all_that_is_typed() -> dict[str, Any]:
    """The shipped form of the first meeting, with a part for what it has none of: rows in rows, files, a signature."""
    version = FormVersion.objects.newest().get(form__key=FORM)
    definition = json.loads(json.dumps(version.definition))
    child = {
        "item": "repeat",
        "key": "w_children",
        "label": texts("Fëmijë", "Child"),
        "max": 3,
        "items": [question("text", "w_child", label=texts("Emri i fëmijës", "Child's name"))],
    }
    household = {
        "item": "repeat",
        "key": "w_household",
        "label": texts("Familje", "Household"),
        "max": 3,
        "items": [question("text", "w_head", label=texts("Kryefamiljari", "Head")), child],
    }
    behind = {"relevant": {"==": [{"var": "w_gate"}, "yes"]}}
    asked = [
        question("text", "w_text"),
        question("long_text", "w_long"),
        question("integer", "w_integer"),
        question("decimal", "w_decimal"),
        question("email", "w_email"),
        question("phone", "w_phone"),
        question("yes_no_unknown", "w_gate"),
        question("text", "w_behind", **behind),
        household,
        question("file", "w_photo", **behind),
        question("file", "w_paper"),
        question("signature", "w_signature"),
    ]
    part = {"key": "walk", "title": texts("Shtesë", "More"), "items": asked}
    sections = definition["sections"]
    return {**definition, "sections": [*sections[:3], part, *sections[3:]]}


@pytest.fixture
def phone(make_pocket: Callable[..., Pocket], settings: Any, tmp_path: Path) -> Iterator[Pocket]:
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    publish_form(form=save_definition(key=FORM, definition=with_all_that_is_typed()))
    return make_pocket(browser=WHOLE)


def type_by_keys(page: Page, field: Locator, word: str) -> None:
    """As a keyboard does: by `fill` the word would lie in the memory of the tools."""
    field.focus()
    page.keyboard.insert_text(word)


def answer_part(page: Page, words: Words) -> None:
    """Everything that this part shows, also what is shown because of an answer."""
    for name, value in CHOSEN.items():
        select = page.locator(f"select[name={name}]")
        if select.count() and select.is_visible():
            select.select_option(value) if value else select.select_option(index=1)
    for name, value in ANSWERS.items():
        boxes = page.locator(f'input[name="{name}"]' + (f'[value="{value}"]' if value else ""))
        if boxes.count() and (box := boxes.first).is_visible():
            box.check()
    while fields := page.evaluate(EMPTY):
        for each in fields:
            type_by_keys(page, page.locator(f'[id="{each["id"]}"]'), words.make(each))
    answer_everything_required(page)


def fill_walk(page: Page, words: Words, folder: Path) -> None:
    """Rows in rows, a photo and a paper whose insides say a word, and lines drawn by a finger."""
    page.click('button[name=add][value="w_household"]')
    page.click('button[name=add][value="w_household-0-w_children"]')
    page.click('button[name=add][value="w_household-0-w_children"]')
    page.click('button[name=add][value="w_household"]')
    answer_part(page, words)
    for name, content in (("w_photo", samples.jpeg((2400, 1800))), ("w_paper", samples.pdf())):
        path = folder / f"{samples.CANARY}{'.jpg' if name == 'w_photo' else '.pdf'}"
        path.write_bytes(content)
        page.locator(f'[data-item="{name}"] input[type=file]').set_input_files(path)
        expect(page.locator(f'[data-item="{name}"] .q-attached [data-size]')).not_to_be_empty()
    canvas = page.locator('[data-item="w_signature"] canvas')
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=20)
    page.mouse.up()
    words.typed["drawn"] = page.locator('input[name="w_signature.strokes"]').input_value()[2:50]


def go_on(page: Page) -> None:
    page.click('.bottom-bar button[value="next"]')


def fill_everything(page: Page, words: Words, folder: Path, *, until_part: str = "") -> None:
    for _part in range(20):
        if not page.locator("form#section").count():
            return
        here = page.locator("form#section > [data-sections] > section:not([hidden])").get_attribute("data-section")
        answer_part(page, words)
        if here == "walk":
            fill_walk(page, words, folder)
        if here == until_part:
            return
        go_on(page)
    raise AssertionError(page.locator("[data-part=summary]").inner_text())


def is_locked_and_silent(phone: Pocket, words: Words) -> None:
    """Locked, neither memory, nor what a script can read, nor the disk holds what was typed."""
    page = phone.page
    page.click("[data-lock]")
    expect(page.locator("#pin")).to_be_visible()
    assert find_readable(memory_of(page).encode(), *words.wanted) == []
    read = page.evaluate(READ_ALL).encode("latin-1", "replace")
    assert all(f"table {name}".encode() in read for name in ("drafts", "files", "chunks", "parts", "queue", "pack"))
    assert len(read) > 100_000
    assert find_readable(read, *words.wanted) == []
    assert list_readable(phone.profile, *words.wanted) == []


def test_what_is_typed_outlives_a_killed_browser_arrives_once_and_stays_nowhere(
    phone: Pocket, mail_server: MailServer, tmp_path: Path
) -> None:
    phone.set_up()
    page, words = phone.page, Words()
    page.locator(f"[data-form={FORM}]").click()  # begun with a network
    expect(page.locator("form#section")).to_be_visible()
    phone.context.set_offline(True)
    fill_everything(page, words, tmp_path, until_part="walk")
    assert "kanarina-7719" in memory_of(page), "a word in clear is not found: the search is worth nothing"
    expect(page.locator("[data-part=saved]")).to_contain_text("Saved on this phone")
    address = page.url
    phone.kill()
    assert list_readable(phone.profile, *words.wanted) == []

    page = phone.start(offline=True)
    page.goto(address)
    phone.unlock()
    expect(page.locator("form#section")).to_be_visible()
    for name, word in words.typed.items():
        if name != "drawn":
            assert page.locator(f'form#section [name="{name}"]').input_value() == word, name
    assert find_readable(memory_of(page).encode(), "kanarina-7719")
    is_locked_and_silent(phone, words)

    phone.unlock()
    expect(page.locator("form#section")).to_be_visible()
    go_on(page)
    fill_everything(page, words, tmp_path)
    for box in page.locator("input[name=confirmed]").all():
        box.check()
    page.click("[data-part=finish] button")
    expect(page.locator("h1")).to_have_text("Finished")
    uuid = page.url.rsplit("/", 1)[-1]
    assert address.endswith(uuid), "the draft's id is the form's"
    is_locked_and_silent(phone, words)
    assert not Submission.objects.exists()

    began = time.monotonic()
    phone.context.set_offline(False)  # and it is locked: what is finished is delivered all the same
    assert until(page, lambda: is_with_the_police(mail_server))
    assert time.monotonic() - began < TOLD_WITHIN * slowness()
    assert str(Submission.objects.get().pk) == uuid
    is_whole(words)
    phone.unlock()
    expect(page.locator("h1")).to_have_text("Finished")
    assert list_readable(phone.profile, *words.wanted) == []
    assert PIN not in page.content()


def is_with_the_police(mails: MailServer) -> bool:
    """Send what is due, as the urgent cluster does; true once a mail server has a first notice to the police."""
    if not Notice.objects.filter(role="police").exists():
        return False
    send_due()
    sent = Notice.objects.filter(role="police", sent_at__isnull=False).values_list("pk", flat=True)
    return any(str(each).encode() in mail for each in sent for mail in mails.mails)


def is_whole(words: Words) -> None:
    """Every word is in the answers; the photo is as large as phones send it, the paper says what it said."""
    answers = json.dumps(Submission.objects.get().answers)
    for name, word in words.typed.items():
        said = word.removeprefix("0") if name.endswith("phone") else word
        assert said in answers.replace(" ", "") or name == "drawn", name
    assert len(Submission.objects.get().answers["w_signature"]["strokes"][0]) > 20
    assert [len(row.get("w_children", [])) for row in Submission.objects.get().answers["w_household"]] == [2, 0]
    contents = sorted((get_content(each) for each in Attachment.objects.all()), key=lambda each: each[:4] == b"%PDF")
    assert len(contents) == 2
    assert samples.text_of_pdf(contents[1]) == samples.text_of_pdf(samples.pdf())
    assert all(samples.CANARY.encode() not in each for each in contents)
