"""A voice message on a phone: recorded from a microphone that hums, changed, listened to, deleted, sent."""

import os
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from case_forms.tips import voices
from case_forms.tips.models import Tip, TipVoice
from tests.browser.quiet import close
from tests.chromium import launch
from tests.seeds import lay_down_demo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MICROPHONE = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
RATE = 8_000  # samples in a second
HUM_PITCH = 400
# A microphone that hums one tone.
HUM = f"""navigator.mediaDevices.getUserMedia = async () => {{
    const context = new AudioContext();
    const tone = new OscillatorNode(context, {{ frequency: {HUM_PITCH} }});
    const into = context.createMediaStreamDestination();
    tone.connect(into);
    tone.start();
    return into.stream;
}};"""
SAID = "A car waits at the school every day."


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium, besides=MICROPHONE)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def system(transactional_db: Any, settings: Any, tmp_path: Any) -> None:
    settings.VOICE_DIR = tmp_path / "voices"
    lay_down_demo()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 360, "height": 740})
    yield made
    close(made)


def to_last_page(context: BrowserContext, server: Any) -> Page:
    page = context.new_page()
    page.goto(f"{server.url}/en/pyet/vlore/")
    expect(page.get_by_text("Would you rather speak?")).to_be_visible()
    page.fill("#q-what", SAID)
    page.get_by_role("button", name="Continue").last.click()
    page.get_by_role("button", name="Continue").last.click()
    page.get_by_role("button", name="Check your answers").click()
    return page


def record(page: Page) -> None:
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("[data-voice-time]")).to_contain_text("0:02")
    page.get_by_role("button", name="Stop recording").click()
    expect(page.locator("[data-voice-status]")).to_contain_text("Nothing has been sent yet")


def get_samples(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{(len(content) - 44) // 2}h", content[44:])


def get_level(content: bytes) -> int:
    return max(map(abs, get_samples(content)))


def get_pitch(content: bytes) -> float:
    """Return how often a second the middle of the recording rises through zero."""
    samples = get_samples(content)
    middle = samples[len(samples) // 3 : 2 * len(samples) // 3]
    return sum(1 for before, after in pairwise(middle) if before < 0 <= after) * RATE / len(middle)


def test_it_is_recorded_changed_and_sent_and_the_receipt_stands_in_the_page(context, live_server) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page = to_last_page(context, live_server)
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.get_by_role("button", name="Record a voice message").click()
    assert any("voice" in address for address in asked)  # not before it was wanted
    record(page)
    page.get_by_role("button", name="Listen").click()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".receipt-code")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert page.locator("header .languages").count() == 0
    tip = Tip.objects.get()
    assert tip.answers["what"] == SAID
    content = voices.get_content(TipVoice.objects.get())
    assert get_level(content) > 500
    assert TipVoice.objects.get().seconds in (2, 3, 4)
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert context.cookies() == []
    assert complaints == []


@pytest.mark.parametrize("own_voice", [False, True])
def test_the_changed_voice_is_sent_unless_somebody_unticks_it(context, live_server, own_voice) -> None:
    context.add_init_script(HUM)
    page = to_last_page(context, live_server)
    page.get_by_role("button", name="Record a voice message").click()
    # Seen and ticked before anything is recorded.
    expect(page.get_by_label("Change the pitch of my voice")).to_be_visible()
    expect(page.get_by_label("Change the pitch of my voice")).to_be_checked()
    if own_voice:
        page.get_by_label("Change the pitch of my voice").uncheck()
    record(page)
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".receipt-code")).to_be_visible()
    pitch = get_pitch(voices.get_content(TipVoice.objects.get()))
    assert (abs(pitch - HUM_PITCH) < 20) is own_voice


def test_the_pitch_is_another_and_the_length_the_same(context, live_server) -> None:
    page = to_last_page(context, live_server)
    page.get_by_role("button", name="Record a voice message").click()
    crossings = """async (factor) => {
        const address = document.querySelector("[data-voice]").dataset.voice.replace(/voice([^/]*)$/, "sound.js");
        const { changePitch, RATE } = await import(address);
        const step = (2 * Math.PI * 200) / RATE;
        const tone = Float32Array.from({ length: 2 * RATE }, (_, at) => 0.5 * Math.sin(step * at));
        const changed = factor === 1 ? tone : changePitch(tone, factor);
        const inner = changed.subarray(RATE / 2, (3 * RATE) / 2);
        let rising = 0;
        for (let at = 1; at < inner.length; at++) if (inner[at - 1] < 0 && inner[at] >= 0) rising++;
        return [rising, changed.length / RATE];
    }"""
    assert page.evaluate(crossings, 1)[0] in (199, 200, 201)
    for factor in (0.75, 1.3):
        pitch, seconds = page.evaluate(crossings, factor)
        assert abs(pitch - 200 * factor) < 12
        assert 1.8 < seconds <= 2


def test_a_deleted_recording_is_not_sent(context, live_server) -> None:
    page = to_last_page(context, live_server)
    page.get_by_role("button", name="Record a voice message").click()
    record(page)
    page.get_by_role("button", name="Delete the recording").click()
    expect(page.get_by_role("button", name="Start recording")).to_be_focused()
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".receipt-code")).to_be_visible()
    assert Tip.objects.exists()
    assert not TipVoice.objects.exists()


def test_without_a_network_and_after_a_refusal_nothing_is_lost(context, live_server, settings) -> None:
    page = to_last_page(context, live_server)
    page.get_by_role("button", name="Record a voice message").click()
    record(page)
    page.get_by_role("button", name="Back").click()
    expect(page.locator("[data-voice-status]")).to_contain_text("the recording is deleted")
    context.set_offline(True)
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator("[data-voice-status]")).to_contain_text("It was NOT sent")
    context.set_offline(False)
    settings.VOICES_PER_HOUR = 0
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator("[data-voice-status]")).to_contain_text("Too many voice messages")
    assert not Tip.objects.exists()
    settings.VOICES_PER_HOUR = 60
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".receipt-code")).to_be_visible()
    assert TipVoice.objects.count() == 1


def test_pressed_while_the_next_proof_is_worked_out_it_is_sent_once_that_is_done(
    context, live_server, settings
) -> None:
    settings.VOICES_PER_HOUR = 0
    page = to_last_page(context, live_server)
    page.get_by_role("button", name="Record a voice message").click()
    record(page)
    # The press comes with the refusal itself: no proof is worked out as fast as that.
    page.evaluate(
        """() => {
        const status = document.querySelector("[data-voice-status]");
        const watcher = new MutationObserver(() => {
            if (!status.textContent.includes("Too many")) return;
            watcher.disconnect();
            setTimeout(() => document.querySelector("button[value=send]").click());
        });
        watcher.observe(status, { childList: true, characterData: true, subtree: true });
    }"""
    )
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_role("button", name="Send").last.click()
    settings.VOICES_PER_HOUR = 60
    expect(page.locator(".receipt-code")).to_be_visible()
    assert TipVoice.objects.count() == 1


def test_who_refuses_the_microphone_sends_what_was_written(context, live_server) -> None:
    context.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));"
    )
    page = to_last_page(context, live_server)
    page.get_by_role("button", name="Record a voice message").click()
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("[data-voice-status]")).to_contain_text("You can send what you wrote")
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".receipt-code")).to_be_visible()


def test_without_a_way_to_record_nothing_is_offered(chromium, live_server) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.add_init_script("delete window.MediaRecorder;")
    page = context.new_page()
    page.goto(f"{live_server.url}/en/pyet/vlore/")
    expect(page.get_by_text("Would you rather speak?")).to_be_hidden()
    page.fill("#q-what", SAID)
    for button in ("Continue", "Continue", "Check your answers"):
        page.get_by_role("button", name=button).last.click()
    expect(page.locator("[data-voice]")).to_be_hidden()
    close(context)
