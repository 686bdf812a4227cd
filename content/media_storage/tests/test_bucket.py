"""The storage over a bucket, against an HTTP service that demands signatures."""

import io
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings
from wagtail.images import get_image_model

from config.backups.elsewhere.tests.bucket import SECRET, Shelf, running_shelf
from config.supervisor import preparation
from content.media_storage import bucket as bucket_module
from content.media_storage import checks, probe
from content.media_storage.bucket import MediaBucket
from content.media_storage.errors import BucketAway
from content.media_storage.files import exists, get_bucket, list_files, remove
from content.media_storage.location import read_location
from content.media_storage.names import is_plain
from content.seeding.files import _load_descriptions, create_files
from content.seeding.memory import SeedMemory
from notifications.channels.tests.test_outgoing_http import _certificate
from tests.world.media_bucket import list_settings, media_in_bucket, names

ROOT = Path(__file__).parents[3]
LONG = os.urandom(3_000_000)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with media_in_bucket() as found:
        yield found
        if found.hangs is not None:
            found.hangs.set()


@pytest.fixture
def impatient(shelf: Shelf, monkeypatch: Any) -> None:
    """Give a bucket up soon. Only for one that hangs: on a busy machine a good one needs longer, too."""
    monkeypatch.setattr(bucket_module, "READ_SECONDS", 1)


def store(name: str, body: bytes) -> str:
    return default_storage.save(name, ContentFile(body))


def test_what_is_stored_is_read_again_and_lies_under_the_prefix(shelf: Shelf) -> None:
    assert store("documents/fletë.pdf", b"body") == "documents/fletë.pdf"
    assert set(shelf.objects) == {"site/documents/fletë.pdf"}
    with default_storage.open("documents/fletë.pdf") as file:
        assert (file.size, file.read()) == (4, b"body")
    assert default_storage.size("documents/fletë.pdf") == 4
    assert default_storage.listdir("documents") == ([], ["fletë.pdf"])
    assert not shelf.refused


def test_a_name_that_is_taken_gets_another_and_replaces_nothing(shelf: Shelf) -> None:
    assert store("a.txt", b"first") == "a.txt"
    second = store("a.txt", b"second")
    assert second != "a.txt"
    assert shelf.objects["site/a.txt"] == b"first"
    assert shelf.objects[f"site/{second}"] == b"second"


def test_of_two_machines_that_take_one_name_at_the_same_moment_none_replaces_the_others_file(shelf: Shelf) -> None:
    one, looked = MediaBucket(), []

    def find_free_at_first(name: str) -> bool:
        looked.append(name)
        return len(looked) > 1 and MediaBucket.exists(one, name)

    one.exists = find_free_at_first  # type: ignore[method-assign]
    assert MediaBucket().save("a.txt", ContentFile(b"other")) == "a.txt"
    mine = one.save("a.txt", ContentFile(b"one"))
    assert mine != "a.txt"
    assert (shelf.objects["site/a.txt"], shelf.objects[f"site/{mine}"]) == (b"other", b"one")


def test_a_service_that_knows_no_conditions_is_written_to_all_the_same(shelf: Shelf) -> None:
    shelf.refuses_conditions = True
    assert store("a.txt", b"a") == "a.txt"
    assert store("b.txt", b"b") == "b.txt"
    assert names(shelf) == {"a.txt", "b.txt"}
    assert not probe.keeps_names(get_bucket())


def test_no_address_leads_to_the_bucket(shelf: Shelf) -> None:
    assert default_storage.url("images/a b.webp") == "/media/images/a%20b.webp"
    with pytest.raises(NotImplementedError):
        default_storage.path("images/a.webp")


def test_no_object_is_given_an_access_list_and_what_is_sent_is_signed_with_its_digest(shelf: Shelf) -> None:
    sent: list[dict[str, Any]] = []
    client = get_bucket().client
    client.meta.events.register("before-send.s3", lambda request, **_more: sent.append(dict(request.headers)) or None)
    store("a.txt", b"a")
    headers = {name.lower(): value for name, value in sent[-1].items()}
    assert "x-amz-acl" not in headers
    assert headers["x-amz-content-sha256"] not in (b"UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD")
    assert SECRET not in repr(sent)


@pytest.mark.parametrize("name", ["../a.txt", "images/../../a.txt", "/../../x"])
def test_a_name_that_leads_out_is_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(SuspiciousOperation):
        get_bucket().look_up(name)
    assert shelf.asked == []


def test_names_that_are_no_files_of_ours_are_passed_by(shelf: Shelf) -> None:
    store("images/a.webp", b"a")
    for odd in ("../../etc/cron.d/x", "//x", "a/./b", "a\\b", "folder/", "a\x85b", "probe-0123456789ab.txt"):
        shelf.objects[f"site/{odd}"] = b"x"
    shelf.objects["elsewhere/a"] = b"x"
    assert [each.name for each in list_files()] == ["images/a.webp"]


@pytest.mark.parametrize("name", ["", ".", "/a", "a/../b", "a//b", "a/", "..", "a\0b", "a\nb", "x" * 1100, "\udcff"])
def test_such_a_name_is_none(name: str) -> None:
    assert not is_plain(name)


def test_more_files_than_one_list_holds_are_all_listed(shelf: Shelf) -> None:
    shelf.page = 20
    for number in range(61):
        shelf.objects[f"site/images/{number:03}.webp"] = b"x"
    shelf.objects["site/documents/a.pdf"] = b"x"
    assert len(list(list_files("images"))) == 61
    assert len(list(list_files())) == 62


def test_a_long_file_is_streamed_and_a_part_of_it_is_asked_for_alone(shelf: Shelf) -> None:
    store("a.mp4", LONG)
    with default_storage.open("a.mp4") as file:
        assert file.read(10) == LONG[:10]
        assert file.read() == LONG[10:]
    assert [method for method, _path in shelf.asked].count("GET") == 1
    with default_storage.open("a.mp4") as file:
        file.seek(2_000_000)
        assert file.read(5) == LONG[2_000_000:2_000_005]


def test_who_reads_here_and_there_gets_the_same_bytes(shelf: Shelf) -> None:
    store("a.bin", LONG)
    with default_storage.open("a.bin") as file:
        for at, size in ((0, 16), (0, 100), (2_999_990, 100), (5, 7), (1_500_000, 200_000), (0, 1)):
            file.seek(at)
            assert file.read(size) == LONG[at : at + size]
        file.seek(-4, io.SEEK_END)
        assert file.read() == LONG[-4:]
        assert file.tell() == len(LONG)
    assert [method for method, _path in shelf.asked].count("GET") == 2


def test_a_file_can_be_opened_again_and_an_empty_one_is_empty(shelf: Shelf) -> None:
    store("empty.txt", b"")
    store("a.txt", b"abc")
    with default_storage.open("empty.txt") as file:
        assert file.read() == b""
    file = default_storage.open("a.txt")
    assert file.read() == b"abc"
    file.close()
    with file.open() as again:
        assert b"".join(again.chunks()) == b"abc"


def test_a_file_that_is_gone_is_not_there(shelf: Shelf) -> None:
    with pytest.raises(FileNotFoundError):
        default_storage.open("a.txt")
    assert not exists("a.txt")
    remove("a.txt")
    default_storage.delete("a.txt")


def test_a_version_that_changes_while_it_is_read_is_not_joined_to_the_other(shelf: Shelf) -> None:
    store("a.bin", b"a" * 200_000)
    file = default_storage.open("a.bin")
    shelf.objects["site/a.bin"] = b"b" * 200_000
    assert measure(file.read)[0] == "changed"


# ---- away ----


def measure(action: Any) -> tuple[str, float]:
    began = time.monotonic()
    with pytest.raises(BucketAway) as raised:
        action()
    return raised.value.code, time.monotonic() - began


@pytest.mark.clock
@pytest.mark.usefixtures("impatient")
def test_a_bucket_that_hangs_is_given_up_within_seconds_and_then_at_once(shelf: Shelf) -> None:
    shelf.hangs = threading.Event()
    code, seconds = measure(lambda: exists("a.txt"))
    assert code == "silent"
    assert seconds < 5
    shelf.asked.clear()
    assert measure(lambda: exists("a.txt"))[0] == "silent"
    assert shelf.asked == [], "it is not asked again"


@pytest.mark.usefixtures("impatient")
def test_after_a_pause_one_tries_and_the_others_go_on_failing_at_once(shelf: Shelf, monkeypatch: Any) -> None:
    monkeypatch.setattr(bucket_module, "PAUSE_SECONDS", 0.2)
    shelf.hangs = threading.Event()
    measure(lambda: exists("a.txt"))
    time.sleep(0.25)
    slow = threading.Thread(target=lambda: measure(lambda: exists("a.txt")))
    slow.start()
    time.sleep(0.05)
    assert measure(lambda: exists("a.txt"))[1] < 0.8, "sooner than one that waits again"
    slow.join()
    shelf.hangs.set()
    shelf.hangs = None
    time.sleep(0.25)
    assert not exists("a.txt"), "it is asked again, and answers"
    store("a.txt", b"a")


@pytest.mark.usefixtures("impatient")
def test_when_it_begins_to_hang_half_of_a_servers_threads_wait_for_it_and_no_more(shelf: Shelf, settings: Any) -> None:
    assert not exists("a.txt")
    shelf.asked.clear()
    shelf.hangs = threading.Event()
    readers = [threading.Thread(target=lambda: measure(lambda: exists("a.txt"))) for _number in range(12)]
    for each in readers:
        each.start()
    for each in readers:
        each.join(timeout=10)
    assert not any(each.is_alive() for each in readers)
    assert 0 < len(shelf.asked) <= settings.WEB_THREADS // 2


def test_a_bucket_that_refuses_the_connection_is_away(shelf: Shelf) -> None:
    with override_settings(**list_settings(shelf, MEDIA_S3_ENDPOINT="http://127.0.0.1:9")):
        assert measure(lambda: exists("a.txt"))[0] == "unreachable"
        assert measure(lambda: store("a.txt", b"a"))[0] == "unreachable"


@pytest.mark.parametrize("status", [500, 501, 503, 429, 400])
def test_an_answer_that_is_none_is_away(shelf: Shelf, status: int) -> None:
    shelf.status = status
    assert measure(lambda: exists("a.txt"))[0] == f"status_{status}"
    shelf.status = 0
    assert not exists("a.txt")


def test_a_key_that_is_not_taken_says_so_and_names_no_secret(shelf: Shelf) -> None:
    with override_settings(**list_settings(shelf, MEDIA_S3_SECRET="another")):
        assert measure(lambda: exists("a.txt"))[0] == "denied"
        with pytest.raises(probe.NotUsable) as raised:
            probe.try_bucket(get_bucket())
    assert "another" not in str(raised.value)
    assert raised.value.code == "denied"


def test_another_bucket_is_none(shelf: Shelf) -> None:
    with override_settings(**list_settings(shelf, MEDIA_BUCKET_URL="s3://another")):
        assert measure(lambda: list(list_files()))[0] == "no_bucket"


@pytest.mark.clock
def test_a_file_that_breaks_off_or_drips_is_given_up(shelf: Shelf, monkeypatch: Any) -> None:
    store("a.bin", LONG)
    shelf.breaks_off = 100_000
    with default_storage.open("a.bin") as file:
        measure(file.read)
    shelf.breaks_off = 0
    get_bucket().pause.end()
    monkeypatch.setattr("content.media_storage.reading.GRACE_SECONDS", 0.5)
    shelf.drips = 0.05
    with default_storage.open("a.bin") as file:
        code, seconds = measure(file.read)
    assert code == "silent"
    assert seconds < 3


def test_a_deletion_while_it_is_away_is_logged_and_raises_nothing(shelf: Shelf) -> None:
    store("a.txt", b"a")
    shelf.status = 503
    default_storage.delete("a.txt")
    measure(lambda: remove("a.txt"))


def test_what_is_raised_while_it_is_away_survives_a_copy() -> None:
    assert pickle.loads(pickle.dumps(BucketAway("silent"))).code == "silent"  # noqa: S301


def test_over_https_only_the_certificates_that_are_named_are_trusted(tmp_path: Path) -> None:
    with running_shelf(_certificate(tmp_path, "localhost")) as shelf:
        with override_settings(**list_settings(shelf)):
            assert measure(lambda: exists("a.txt"))[0] == "unreachable"
        with override_settings(**list_settings(shelf, MEDIA_S3_CA_FILE=str(tmp_path / "cert.pem"))):
            assert store("a.txt", b"abc") == "a.txt"
            with default_storage.open("a.txt") as file:
                assert file.read() == b"abc"
            assert not shelf.refused
            probe.try_bucket(get_bucket())


# ---- private, usable, described ----


def test_a_bucket_is_tried_and_nothing_is_left_in_it(shelf: Shelf) -> None:
    probe.try_bucket(get_bucket())
    assert probe.keeps_names(get_bucket())
    assert shelf.objects == {}


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"is_public": True}, "public"), ({"writes_nothing": True}, "denied"), ({"damages": ".txt"}, "changed")],
)
def test_a_bucket_that_cannot_be_used_is_not(shelf: Shelf, fault: dict[str, Any], code: str) -> None:
    for name, value in fault.items():
        setattr(shelf, name, value)
    with pytest.raises(probe.NotUsable) as raised:
        probe.try_bucket(get_bucket())
    assert raised.value.code == code


@pytest.mark.parametrize(
    "wrong",
    [
        {"MEDIA_BUCKET_URL": "https://bucket.example"},
        {"MEDIA_BUCKET_URL": "s3://KEY:secret@bucket"},
        {"MEDIA_BUCKET_URL": "s3://bucket/../other"},
        {"MEDIA_BUCKET_URL": "s3://bucket?acl"},
        {"MEDIA_BUCKET_URL": "s3://"},
        {"MEDIA_S3_SECRET": ""},
        {"MEDIA_S3_ENDPOINT": "ftp://x"},
        {"MEDIA_S3_ENDPOINT": "https://key:secret@x"},
        {"MEDIA_S3_ENDPOINT": "http://bucket.example", "LOOPBACK_ENDPOINTS": False},
        {"MEDIA_S3_CA_FILE": "/not/there"},
    ],
)
def test_what_describes_no_bucket_is_refused_at_the_start(shelf: Shelf, wrong: dict[str, Any]) -> None:
    with override_settings(**wrong):
        found = checks.bucket_is_described(None)
    assert [each.is_serious() for each in found] == [True]
    assert "secret" not in str(found[0].msg)
    assert not checks.bucket_is_described(None)


@override_settings(MEDIA_BUCKET_URL="s3://a_b", MEDIA_S3_KEY_ID="x", MEDIA_S3_SECRET="y")
def test_a_name_that_is_no_buckets_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured):
        read_location()


def test_without_a_bucket_nothing_of_it_is_loaded() -> None:
    program = (
        "import sys, django; django.setup(); import config.urls, config.wsgi, content.media_files.views;"
        " from django.core.files.storage import default_storage; default_storage.exists('x');"
        " print(sorted(m for m in sys.modules if m in ('boto3', 'botocore', 'storages.backends.s3', 's3transfer')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_each_process_has_a_connection_of_its_own(shelf: Shelf) -> None:
    store("a.txt", b"a")
    before = get_bucket().connection
    assert get_bucket().connection is before
    child = os.fork()
    if child == 0:
        is_other = get_bucket().connection is not before and exists("a.txt")
        os._exit(0 if is_other else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_folder_is_listed_as_before(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.webp").write_bytes(b"abc")
    os.utime(tmp_path / "images" / "a.webp", (0, 0))
    (found,) = list_files()
    assert (found.name, found.size, found.modified) == ("images/a.webp", 3, datetime(1970, 1, 1, tzinfo=UTC))
    assert exists("images/a.webp")
    remove("images/a.webp")
    assert not exists("images/a.webp")


# ---- the first content ----


@pytest.mark.django_db
def test_files_of_the_first_content_go_into_the_bucket_and_what_is_there_is_not_sent_again(shelf: Shelf) -> None:
    named = [("picture", key) for key in _load_descriptions()["pictures"]][:1]
    found, new = create_files(named, SeedMemory(set()))
    assert new == 1
    (place,) = (name for name in names(shelf) if name.startswith("original_images/"))
    assert get_image_model().objects.get(pk=found[named[0]]).file.name == place
    get_image_model().objects.all().delete()
    shelf.asked.clear()
    create_files(named, SeedMemory(set()))
    assert "PUT" not in [method for method, path in shelf.asked if "original" in path]


@pytest.mark.django_db
def test_a_start_while_it_is_away_goes_on_without_new_content_and_the_next_one_brings_it(
    shelf: Shelf, tmp_path: Path, monkeypatch: Any
) -> None:
    named = [("picture", key) for key in _load_descriptions()["pictures"]][:1]
    said: list[str] = []
    place: Any = SimpleNamespace(data_dir=tmp_path, is_local=False)
    monkeypatch.setattr(preparation, "_seed", lambda _place: create_files(named, SeedMemory(set())))
    shelf.status = 503
    preparation._seed_if_changed(place, said.append)
    assert "the media bucket is away" in said[-1]
    assert not get_image_model().objects.exists()
    shelf.status = 0
    preparation._seed_if_changed(place, said.append)
    assert get_image_model().objects.count() == 1
    preparation._seed_if_changed(place, said.append)
    assert get_image_model().objects.count() == 1, "noted, and not laid down again"
