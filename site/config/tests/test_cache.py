"""Caches that fail open, with files, with a real Redis, and through HTTP."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client, override_settings

from .. import cache as cache_module
from ..cache import FailOpenCache, StoreAway

REDIS = "django.core.cache.backends.redis.RedisCache"
FILES = "django.core.cache.backends.filebased.FileBasedCache"
BACKEND = "config.cache.FailOpenCache"


@pytest.fixture(autouse=True)
def _nothing_known_of_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_healths", {})


def _no_rest(cache: FailOpenCache) -> None:
    cache._health.rests_until = min(cache._health.rests_until, time.monotonic())


class Redis:
    """A redis-server of this test's own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        program = shutil.which("redis-server") or "redis-server"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        for _try in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("Redis did not start")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    yield server
    server.stop()


def over(location: str, store: str = REDIS, **options: Any) -> FailOpenCache:
    return FailOpenCache(location, {"KEY_PREFIX": "t", "OPTIONS": {"STORE": store, **options}})


def settings_over(location: str, store: str = REDIS) -> dict[str, Any]:
    one = {"BACKEND": BACKEND, "LOCATION": location, "OPTIONS": {"STORE": store}}
    pages = {**one, "KEY_PREFIX": "pages", "OPTIONS": {"STORE": store, "FALLBACK": False}}
    return {"default": one, "pages": pages}


def test_a_store_that_is_there_is_used(redis: Redis) -> None:
    cache, other = over(redis.url), over(redis.url)
    cache.set("a", 1, timeout=60)
    assert other.get("a") == 1
    assert other.add("a", 2) is False
    assert other.incr("a") == 2
    assert cache.get_many(["a", "b"]) == {"a": 2}
    assert cache.delete("a") is True
    assert cache.get("a", "none") == "none"


def test_what_a_caller_did_wrong_is_no_failure_of_the_store(redis: Redis) -> None:
    cache = over(redis.url)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("missing")
    assert not cache._health.rests_until


def test_without_the_store_this_process_goes_on_counting(redis: Redis) -> None:
    cache = over(redis.url)
    redis.stop()
    assert cache.add("tries", 1, timeout=300) is True
    assert cache.incr("tries") == 2
    assert over(redis.url).get("tries") == 2  # another thread of this process


def test_a_store_that_comes_back_doesnt_tell_what_was_true_before(redis: Redis) -> None:
    cache = over(redis.url)
    cache.set("sites", "old", timeout=3600)
    redis.process.send_signal(signal.SIGSTOP)
    cache.delete("sites")
    redis.process.send_signal(signal.SIGCONT)
    time.sleep(0.05)
    _no_rest(cache)
    assert cache.get("sites") is None
    assert cache.add("sites", "new") is True
    assert over(redis.url).get("sites") == "new"


def test_a_hung_store_is_waited_for_once_and_not_for_long(redis: Redis) -> None:
    cache = over(redis.url)
    cache.set("a", 1)
    redis.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    for _read in range(50):
        cache.get("a")
    # Waited for 0.1 s once; asked each time it would be 50 times that.
    assert time.monotonic() - began < 50 * 0.1 / 2


def test_who_must_know_is_told_at_once(redis: Redis) -> None:
    cache = over(redis.url, FALLBACK=False)
    redis.stop()
    with pytest.raises(Exception, match=r"refused|Error"):
        cache.get("generation")
    with pytest.raises(StoreAway):
        cache.get("generation")


def test_a_folder_that_cant_be_made_or_written_is_passed_by(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    cache = over(str(blocked / "cache"), FILES)
    cache.set("a", 1)
    assert cache.get("a") == 1
    blocked.unlink()
    _no_rest(cache)
    assert cache.get("a") is None  # the folder can be made now, and nothing of before is believed
    cache.set("a", 2)
    assert over(str(blocked / "cache"), FILES).get("a") == 2


def test_a_damaged_file_is_passed_by(tmp_path: Path) -> None:
    cache = over(str(tmp_path), FILES)
    cache.set("a", 1)
    for kept in tmp_path.glob("*.djcache"):
        kept.write_bytes(b"\x80")
    assert cache.get("a", "none") == "none"


Away = Callable[[Redis], None]


@pytest.mark.parametrize("away", [Redis.stop, lambda server: server.process.send_signal(signal.SIGSTOP)])
@pytest.mark.django_db
def test_help_page_and_sign_in_stand_while_redis_is_gone_or_hung(away: Away, redis: Redis, site_of_help: str) -> None:
    with override_settings(CACHES=settings_over(redis.url)):
        away(redis)
        began = time.monotonic()
        assert Client().get(site_of_help).status_code == 200
        page = Client().post("/accounts/login/", {"login": "nobody", "password": "wrong"})
        assert page.status_code == 200
        assert page.context["form"].errors
        assert time.monotonic() - began < 10


@pytest.mark.django_db
def test_limits_on_sign_in_hold_while_redis_is_gone(redis: Redis) -> None:
    with override_settings(CACHES=settings_over(redis.url)):
        redis.stop()
        answers = [
            Client().post("/accounts/login/", {"login": "nobody", "password": f"wrong-{number}"}) for number in range(6)
        ]
        first, last = (list(answer.context["form"].non_field_errors()) for answer in (answers[0], answers[-1]))
        assert first != last, "the sixth wrong password is refused in other words than the first"


@pytest.mark.django_db
def test_help_page_and_sign_in_stand_while_the_disk_refuses(tmp_path: Path, site_of_help: str) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    with override_settings(CACHES=settings_over(str(blocked / "cache"), FILES)):
        assert Client().get(site_of_help).status_code == 200
        assert Client().post("/accounts/login/", {"login": "nobody", "password": "wrong"}).status_code == 200


@pytest.fixture
def site_of_help(db: None) -> str:
    """The address of a seeded public help page."""
    from tests.seeds import lay_down_reference

    lay_down_reference()
    caches["default"].clear()
    return "/ndihme/"
