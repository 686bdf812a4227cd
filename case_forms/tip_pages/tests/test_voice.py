"""A voice message: sent with the tip, sealed, heard by the unit alone, and deleted with what was written."""

import base64
import os
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.tips import voices
from case_forms.tips.housekeeping import tidy
from case_forms.tips.models import Tip, TipVoice
from case_forms.tips.public_actions import take_back
from case_forms.tips.purge import forget_due
from case_forms.tips.staff_actions import close_tip
from case_forms.tips.tests.scene import make_tip_scene
from case_forms.tips.tests.test_wav import parts, sound, wav
from notifications.outbox.models import Notice

from .pages import hidden, to_review
from .test_api import TIPS, build_tip, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VOICE_DIR = tmp_path / "voices"
    settings.ASKING_WAIT_SECONDS = 0
    return settings.VOICE_DIR


@pytest.fixture
def scene():
    return make_tip_scene()


@pytest.fixture
def address(scene):
    return reverse("asking:region", args=[scene.place.region.slug])


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def send(address, content, html=None):
    html = html or to_review(Client(), address)
    upload = SimpleUploadedFile("Arta Hoxha.wav", content, "audio/wav")
    return Client().post(address, {**hidden(html), "go": "send", "voice": upload})


def test_it_is_stored_sealed_without_its_name_and_only_as_sound(address, folder, django_capture_on_commit_callbacks):
    content = wav(2) + b"LIST\x08\0\0\0Arta1234"
    assert send(address, content).status_code == 200
    voice = TipVoice.objects.get()
    assert (voice.seconds, voice.tip) == (2, Tip.objects.get())
    (file,) = files(folder)
    assert sound(2)[:64] not in file.read_bytes()
    assert voices.get_content(voice) == wav(2)
    assert AuditEntry.objects.get(action="signal.received").detail["voice"] == 2


def test_without_one_everything_is_as_before(address, folder):
    html = to_review(Client(), address)
    assert Client().post(address, {**hidden(html), "go": "send"}).status_code == 200
    assert Tip.objects.exists()
    assert not TipVoice.objects.exists()
    assert files(folder) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x1aE\xdf\xa3 webm", "could not be read"),
        (parts(), "could not be read"),
        (wav(0.5)[:44] + b"\0" * 8000, "Nothing can be heard"),
        (wav(182), "too long"),
        (b"RIFF" + b"x" * 4_000_000, "too long"),
    ],
)
def test_what_can_t_be_taken_sends_nothing_and_loses_nothing(scene, folder, content, says):
    address = "/en" + reverse("asking:region", args=[scene.place.region.slug]).removeprefix("/en")
    answer = send(address, content)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert says in html
    assert not Tip.objects.exists()
    assert files(folder) == []
    assert Client().post(address, {**hidden(html), "go": "send"}).status_code == 200
    assert "A car waits" in Tip.objects.get().answers["what"]


def test_sending_twice_stores_one(address, folder):
    html = to_review(Client(), address)
    send(address, wav(), html)
    send(address, wav(2), html)
    assert TipVoice.objects.get().seconds == 1
    assert len(files(folder)) == 1


def test_a_failure_leaves_no_file(address, folder):
    with patch("case_forms.tips.public_actions.notify_recipients", side_effect=RuntimeError):
        assert send(address, wav()).status_code == 503
    assert files(folder) == []
    assert not Tip.objects.exists()


def test_a_flood_of_recordings_is_bounded_and_what_was_written_still_arrives(address, settings):
    settings.VOICES_PER_HOUR = 1
    assert send(address, wav()).status_code == 200
    html = to_review(Client(), address)
    assert send(address, wav(), html).status_code == 422
    assert Client().post(address, {**hidden(html), "go": "send"}).status_code == 200
    assert (Tip.objects.count(), TipVoice.objects.count()) == (2, 1)


def test_the_microphone_is_allowed_on_the_last_page_of_a_tip_alone(address):
    html = Client().get(address)
    assert "microphone=()" in html["Permissions-Policy"]
    last = Client().post(address, {**hidden(to_review(Client(), address)), "go": "stay"})
    assert "data-voice" in last.content.decode()
    assert "microphone=(self)" in last["Permissions-Policy"]
    session = Client().get(reverse("asking:session"))
    assert "microphone=()" in session["Permissions-Policy"]


def test_the_offer_is_hidden_until_a_script_shows_it(address):
    html = to_review(Client(), address)
    assert 'type="file"' not in html
    assert ' hidden data-voice="' in html


class TestTheUnit:
    @pytest.fixture
    def tip(self, address):
        send(address, wav(2))
        return Tip.objects.get()

    @pytest.fixture
    def worker(self, scene):
        client = Client()
        client.force_login(scene.worker)
        return client

    def hear(self, client, tip, **headers):
        return client.get(reverse("signals:voice", args=[tip.reference]), headers=headers)

    def test_hears_it_and_that_is_recorded_and_stored_by_no_browser(self, tip, worker):
        page = worker.get(reverse("signals:signal", args=[tip.reference])).content.decode()
        assert "<audio" in page
        answer = self.hear(worker, tip)
        assert (answer.getvalue(), answer["Content-Type"]) == (wav(2), "audio/wav")
        assert "no-store" in answer["Cache-Control"]
        assert "Content-Disposition" not in answer
        assert AuditEntry.objects.filter(action="signal.voice_heard", target_id=str(tip.pk)).count() == 1

    def test_a_player_gets_the_parts_that_it_asks_for_and_each_play_is_recorded_once(self, tip, worker):
        whole, size = wav(2), len(wav(2))
        asked = {
            "bytes=0-1": whole[:2],
            "bytes=2-": whole[2:],
            f"bytes=10-{size * 9}": whole[10:],
            "bytes=-4": whole[-4:],
        }
        for range_, part in asked.items():
            answer = self.hear(worker, tip, range=range_)
            assert (answer.status_code, answer.getvalue()) == (206, part)
        assert AuditEntry.objects.filter(action="signal.voice_heard").count() == 1
        for beyond in (f"bytes={size}-", "bytes=-0"):
            assert self.hear(worker, tip, range=beyond).status_code == 416
        for odd in ("bytes=0-1,5-6", "lines=1-2", "bytes=x-", "bytes=" + "9" * 40 + "-"):
            assert self.hear(worker, tip, range=odd).getvalue() == whole

    def test_of_another_region_hears_nothing(self, tip):
        elsewhere = make_tip_scene()
        for person in (elsewhere.worker, elsewhere.coordinator):
            client = Client()
            client.force_login(person)
            assert self.hear(client, tip).status_code == 404
        assert not AuditEntry.objects.filter(action="signal.voice_heard").exists()

    def test_whose_file_is_lost_reads_a_404_and_the_tip_still_opens(self, tip, worker, folder):
        for path in files(folder):
            path.write_bytes(b"VATRA1 broken")
        assert self.hear(worker, tip).status_code == 404
        assert worker.get(reverse("signals:signal", args=[tip.reference])).status_code == 200

    def test_has_no_word_of_it_in_notices(self, tip):
        for notice in Notice.objects.filter(case_id=tip.pk):
            assert "voice" not in str(vars(notice)).lower()


class TestForgetting:
    @pytest.fixture
    def tip(self, address):
        send(address, wav())
        return Tip.objects.get()

    def test_whoever_takes_the_tip_back_deletes_it(self, tip, folder, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            take_back(tip_id=tip.pk)
        assert not TipVoice.objects.exists()
        assert files(folder) == []

    def test_it_goes_with_the_answers(self, tip, folder, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            forget_due(timezone.now() + timedelta(days=366))
        assert not TipVoice.objects.exists()
        assert files(folder) == []

    def test_it_goes_some_time_after_closing(self, scene, tip, folder, settings, django_capture_on_commit_callbacks):
        close_tip(tip=tip, by=scene.worker, outcome="handled")
        with django_capture_on_commit_callbacks(execute=True):
            forget_due(timezone.now() + timedelta(days=settings.SIGNAL_CLOSED_DAYS + 1))
        assert not TipVoice.objects.exists()
        assert files(folder) == []

    def test_what_a_crash_left_behind_is_cleaned_up_and_no_other(self, tip, folder):
        stray = folder / "aa" / "stray.sealed"
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"x")
        for path in files(folder):
            os.utime(path, (1, 1))
        tidy()
        assert [path.stem for path in files(folder)] == [str(tip.voice.pk)]


class TestApi:
    @pytest.fixture
    def region(self, scene):
        return scene.place.region.slug

    def test_another_front_end_sends_one_too(self, client, region):
        body = build_tip(client, region) | {"voice": base64.b64encode(wav(2)).decode()}
        assert post(client, TIPS, body).status_code == 201
        assert voices.get_content(TipVoice.objects.get()) == wav(2)

    def test_the_longest_arrives(self, client, region):
        body = build_tip(client, region) | {"voice": base64.b64encode(wav(180)).decode()}
        assert post(client, TIPS, body).status_code == 201

    @pytest.mark.parametrize("voice", ["%%%", "ë", "AAAA", base64.b64encode(wav(182)).decode()])
    def test_what_is_no_recording_is_refused_by_its_place_and_nothing_is_stored(self, client, region, voice):
        answer = post(client, TIPS, build_tip(client, region) | {"voice": voice})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "/voice"
        assert not Tip.objects.exists()

    def test_too_many_are_refused_by_a_kind_of_their_own(self, client, region, settings):
        settings.VOICES_PER_HOUR = 0
        answer = post(client, TIPS, build_tip(client, region) | {"voice": base64.b64encode(wav()).decode()})
        assert answer.status_code == 429
        assert "too-many-voices" in answer.json()["type"]
