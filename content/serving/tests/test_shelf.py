"""The shelf on which pages lie, who waits for whom, and in which encoding a page goes out."""

import threading
import time
from unittest import mock

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from .. import whole_pages
from ..kept import Kept, Shelf
from ..marks import MARK, keep_whole
from ..whole_pages import WholePages, encoding_for
from .kept_pages import MB
from .wsgi import Counting, ask


def kept(text: bytes = b"x" * 1000) -> Kept:
    return Kept(("word", None), [("Content-Type", "text/html")], text)


def test_the_shelf_stays_within_its_bytes_and_keeps_what_is_read():
    shelf = Shelf(40 * kept().size)
    for number in range(1000):
        shelf.put(number, kept())
        shelf.get(0)
        assert shelf.size <= shelf.limit
    assert shelf.get(0) is not None
    assert shelf.get(500) is None
    assert len(shelf) == 40


def test_an_answer_too_large_for_the_shelf_is_not_put_there():
    shelf = Shelf(10_000)
    shelf.put("a", kept(b"x" * 9000))
    assert (len(shelf), shelf.size) == (0, 0)


def test_putting_a_key_again_counts_it_once():
    shelf = Shelf(MB)
    for _time in range(3):
        shelf.put("a", kept())
    assert shelf.size == kept().size
    shelf.drop("a")
    assert shelf.size == 0


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
        environ[MARK] = frozenset()
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"page"]

    django = Counting(slow)
    house = WholePages(django, limit=MB, seconds=60)
    bodies: list[bytes] = []
    readers = [threading.Thread(target=lambda: bodies.append(ask(house, "/").body)) for _number in range(8)]
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
    monkeypatch.setattr(whole_pages, "WAIT_AT_MOST", 2)
    begun, may_end = threading.Event(), threading.Event()

    def slow_for_the_first_and_busy_for_others(environ, start_response):
        if begun.is_set():
            start_response("503 Service Unavailable", [("Content-Type", "text/html")])
            return [b"busy"]
        begun.set()
        assert may_end.wait(10)
        environ[MARK] = frozenset()
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"page"]

    house = WholePages(Counting(slow_for_the_first_and_busy_for_others), limit=MB, seconds=60)
    bodies: list[bytes] = []
    readers = [threading.Thread(target=lambda: bodies.append(ask(house, "/").body)) for _number in range(3)]
    readers[0].start()
    assert begun.wait(10)
    for reader in readers[1:]:
        reader.start()
    until = time.monotonic() + 10
    while house._waiting < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert ask(house, "/").status == 503
    assert not house._unkept
    may_end.set()
    for reader in readers:
        reader.join(10)
    assert bodies == [b"page"] * 3
    assert house._waiting == 0


def test_a_failure_while_making_a_page_blocks_nobody():
    django = Counting(mock.Mock(side_effect=RuntimeError))
    house = WholePages(django, limit=MB, seconds=60)
    for _time in range(2):
        with pytest.raises(RuntimeError):
            ask(house, "/")
    assert django.asked == 2


@pytest.mark.parametrize(
    "header",
    [("Set-Cookie", "a=b"), ("Vary", "Cookie"), ("Vary", "Origin"), ("Cache-Control", "no-store")],
)
def test_an_answer_that_speaks_to_one_reader_is_not_kept_whatever_its_view_says(header):
    def view(environ, start_response):
        environ[MARK] = frozenset()
        start_response("200 OK", [("Content-Type", "text/html"), header])
        return [b"page"]

    house = WholePages(Counting(view), limit=MB, seconds=60)
    ask(house, "/")
    assert len(house.shelf) == 0


def test_a_parameter_that_the_view_allows_is_part_of_the_address():
    request = RequestFactory().get("/fjalet/?faqe=2&fbclid=x")
    response = HttpResponse()
    keep_whole(request, response, query=["faqe"])
    assert request.META[MARK] == {"faqe"}
    assert response["Cache-Control"] == "no-cache"
