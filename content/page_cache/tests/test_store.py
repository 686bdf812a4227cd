"""Test the store's bounds, who waits for whom, and which encoding is answered."""

import threading
import time
from unittest import mock

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from .. import middleware
from ..markers import ENVIRON_KEY, mark_cacheable
from ..middleware import PageCacheMiddleware, encoding_for
from ..store import CachedPage, PageStore
from .cached_pages import MB
from .wsgi import Counting, ask


def entry(text: bytes = b"x" * 1000) -> CachedPage:
    return CachedPage(("word", None), [("Content-Type", "text/html")], text)


def test_the_shelf_stays_within_its_bytes_and_keeps_what_is_read():
    store = PageStore(40 * entry().size)
    for number in range(1000):
        store.put(number, entry())
        store.get(0)
        assert store.size <= store.limit
    assert store.get(0) is not None
    assert store.get(500) is None
    assert len(store) == 40


def test_an_answer_too_large_for_the_shelf_is_not_put_there():
    store = PageStore(10_000)
    store.put("a", entry(b"x" * 9000))
    assert (len(store), store.size) == (0, 0)


def test_putting_a_key_again_counts_it_once():
    store = PageStore(MB)
    for _time in range(3):
        store.put("a", entry())
    assert store.size == entry().size
    store.drop("a")
    assert store.size == 0


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("br;q=0, gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip; q=0", "identity"),
        ("zstd", "identity"),
    ],
)
def test_the_encoding_is_one_that_the_browser_takes(accepted, encoding):
    assert encoding_for(accepted) == encoding


def test_readers_who_come_while_a_page_is_made_wait_for_it():
    begun, may_end = threading.Event(), threading.Event()

    def slow(environ, start_response):
        begun.set()
        assert may_end.wait(10)
        environ[ENVIRON_KEY] = frozenset()
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"page"]

    django = Counting(slow)
    pages = PageCacheMiddleware(django, limit=MB, seconds=60)
    bodies: list[bytes] = []
    readers = [threading.Thread(target=lambda: bodies.append(ask(pages, "/").body)) for _number in range(8)]
    readers[0].start()
    assert begun.wait(10)
    for reader in readers[1:]:
        reader.start()
    time.sleep(0.05)
    may_end.set()
    for reader in readers:
        reader.join(10)
    assert bodies == [b"page"] * 8
    assert django.asked == 1


def test_only_so_many_wait_for_a_page_and_the_next_is_left_to_whoever_refuses(monkeypatch):
    """Each holds a thread of the server, and identifications need some too."""
    monkeypatch.setattr(middleware, "MAX_WAITING", 2)
    begun, may_end = threading.Event(), threading.Event()

    def slow_for_the_first_and_busy_for_others(environ, start_response):
        if begun.is_set():
            start_response("503 Service Unavailable", [("Content-Type", "text/html")])
            return [b"busy"]
        begun.set()
        assert may_end.wait(10)
        environ[ENVIRON_KEY] = frozenset()
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"page"]

    pages = PageCacheMiddleware(Counting(slow_for_the_first_and_busy_for_others), limit=MB, seconds=60)
    bodies: list[bytes] = []
    readers = [threading.Thread(target=lambda: bodies.append(ask(pages, "/").body)) for _number in range(3)]
    readers[0].start()
    assert begun.wait(10)
    for reader in readers[1:]:
        reader.start()
    until = time.monotonic() + 10
    while pages._waiting < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert ask(pages, "/").status == 503
    assert not pages._uncacheable
    may_end.set()
    for reader in readers:
        reader.join(10)
    assert bodies == [b"page"] * 3
    assert pages._waiting == 0


def test_a_failure_while_making_a_page_blocks_nobody():
    django = Counting(mock.Mock(side_effect=RuntimeError))
    pages = PageCacheMiddleware(django, limit=MB, seconds=60)
    for _time in range(2):
        with pytest.raises(RuntimeError):
            ask(pages, "/")
    assert django.asked == 2


@pytest.mark.parametrize(
    "header",
    [("Set-Cookie", "a=b"), ("Vary", "Cookie"), ("Vary", "Origin"), ("Cache-Control", "no-store")],
)
def test_an_answer_that_speaks_to_one_reader_is_not_kept_whatever_its_view_says(header):
    def view(environ, start_response):
        environ[ENVIRON_KEY] = frozenset()
        start_response("200 OK", [("Content-Type", "text/html"), header])
        return [b"page"]

    pages = PageCacheMiddleware(Counting(view), limit=MB, seconds=60)
    ask(pages, "/")
    assert len(pages.store) == 0


def test_a_parameter_that_the_view_allows_is_part_of_the_address():
    request = RequestFactory().get("/fjalet/?faqe=2&fbclid=x")
    response = HttpResponse()
    mark_cacheable(request, response, query=["faqe"])
    assert request.META[ENVIRON_KEY] == {"faqe"}
    assert response["Cache-Control"] == "no-cache"
