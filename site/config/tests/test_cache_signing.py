"""Caches run nothing that somebody else put there."""

import pickle
import time
from collections import namedtuple
from pathlib import Path

import pytest
from django.core.cache.backends.filebased import FileBasedCache

from .. import cache_signing
from ..cache import FailOpenCache
from ..cache_signing import SignedFileCache, SignedSerializer

Site = namedtuple("Site", "pk root")
ran: list[str] = []


def run(what: str) -> str:
    ran.append(what)
    return what


class Bomb:
    def __reduce__(self):
        return run, ("anything",)


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()
    yield
    assert ran == []


@pytest.fixture
def files(tmp_path: Path) -> SignedFileCache:
    return SignedFileCache(str(tmp_path), {})


def only_file(tmp_path: Path) -> Path:
    (path,) = tmp_path.glob("*.djcache")
    return path


def test_values_come_back_as_they_were(files):
    for value in (1, None, "ë", {"a": [1.5]}, [Site(1, "/")]):
        files.set("k", value)
        assert files.get("k", "nothing") == value
    assert isinstance(files.get("k")[0], Site)
    assert files.has_key("k")
    assert files.add("k", 2) is False
    assert files.incr("n", 1) == 1 if files.has_key("n") else files.add("n", 1)
    assert files.incr("n") == 2


def test_what_is_over_is_gone_and_touching_prolongs(files, tmp_path, monkeypatch):
    now = time.time()
    files.set("k", "x", timeout=20)
    assert files.touch("k", timeout=60)
    monkeypatch.setattr(cache_signing.time, "time", lambda: now + 30)
    assert files.get("k") == "x"
    monkeypatch.setattr(cache_signing.time, "time", lambda: now + 3600)
    assert not files.has_key("k")
    assert not files.touch("k")
    assert list(tmp_path.glob("*.djcache")) == []
    files.set("for-ever", "x", timeout=None)
    assert files.get("for-ever") == "x"


def test_a_file_by_somebody_else_runs_nothing(files, tmp_path):
    FileBasedCache(str(tmp_path), {}).set("k", Bomb())
    assert files.get("k") is None
    FileBasedCache(str(tmp_path), {}).set("k", Bomb())
    assert not files.has_key("k")
    FileBasedCache(str(tmp_path), {}).set("k", Bomb())
    assert not files.touch("k")


def test_a_changed_file_and_one_from_another_key_are_as_if_they_were_not_there(files, tmp_path):
    files.set("a", "mine")
    path = only_file(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert files.get("a", "nothing") == "nothing"
    path.write_bytes(whole)
    assert files.get("a") == "mine"
    Path(files._key_to_file("b")).write_bytes(whole)
    assert files.get("b", "nothing") == "nothing"


def test_another_secret_reads_nothing(files, settings):
    files.set("k", "x")
    settings.SECRET_KEY = "another"
    assert files.get("k") is None


def test_the_system_signs_what_it_keeps_in_files(tmp_path):
    cache = FailOpenCache(str(tmp_path), {"OPTIONS": {"STORE": "django.core.cache.backends.filebased.FileBasedCache"}})
    cache.set("k", "x")
    FileBasedCache(str(tmp_path), {}).set("bomb", Bomb())
    assert (cache.get("k"), cache.get("bomb")) == ("x", None)


def test_redis_counts_whole_numbers_and_unpickles_only_what_is_signed():
    serializer = SignedSerializer()
    assert serializer.dumps(7) == 7
    assert serializer.loads(b"7") == 7
    for value in (True, "ë", [Site(1, "/")], 1.5):
        assert serializer.loads(serializer.dumps(value)) == value
    assert serializer.loads(pickle.dumps(Bomb())) is None
    assert serializer.loads(b"") is None
