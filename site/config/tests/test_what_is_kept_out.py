"""Logs, reports and headers: ids and places, never content."""

import io
import json
import logging
import sys
import threading

import pytest
import structlog
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory
from django.views.debug import ExceptionReporter, technical_500_response

from content.page_cache.markers import ENVIRON_KEY, mark_cacheable

from .. import logs
from ..middleware import CallerAddress, SafeHeaders

CANARY = "Kanarina e Verdhë"
LINK = "/n/abcDEF123-_secret/"


@pytest.fixture
def written(settings):
    """Configures logging as the running system does; returns a function that reads what was written as JSON."""
    before = (sys.excepthook, threading.excepthook, logging.getLogger().handlers[:])
    structlog_before = structlog.get_config()
    logs.configure({"level": "INFO", "keep_loggers": False})
    stream = io.StringIO()
    handler = logging.getLogger().handlers[0]
    handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    sys.excepthook, threading.excepthook = before[0], before[1]
    logging.getLogger().handlers[:] = before[2]
    structlog.configure(**structlog_before)


def fail() -> None:
    answers = {"name": CANARY}
    raise ValueError(f"{answers} doesn't fit")


def test_a_traceback_is_told_by_its_places_only(written):
    try:
        fail()
    except ValueError as error:
        logging.getLogger("any").exception("went wrong")
        logging.getLogger("any").error("went wrong", exc_info=error, stack_info=True)
        logging.getLogger("any").exception(error)
        structlog.get_logger("any").exception("went_wrong", id=7)
    lines = written()
    assert len(lines) == 4
    for line in lines:
        assert line["error"] == "ValueError"
        assert line["frames"][-1].endswith(" fail")
        assert CANARY not in json.dumps(line, ensure_ascii=False)
    assert lines[2]["event"] == "ValueError"
    assert lines[3]["id"] == 7


def test_what_speaks_of_code_only_may_speak(written):
    try:
        import no_such_module_anywhere  # noqa: F401
    except ImportError:
        logging.getLogger("any").exception("went wrong")
    assert "no_such_module_anywhere" in written()[0]["error"]


def test_a_brief_link_is_taken_out_of_the_text(written):
    logging.getLogger("django.request").error("Internal Server Error: %s", f"{LINK}reply/")
    assert written()[0]["event"] == "Internal Server Error: /n/…/reply/"


def test_an_invitations_token_is_taken_out_of_the_text(written):
    path = "/accounts/invitation/abcDEF123-_secret/"
    logging.getLogger("django.security.csrf").warning("Forbidden (%s): %s", "CSRF cookie not set.", path)
    assert written()[0]["event"].endswith(": /accounts/invitation/…/")


def test_no_cards_code_stands_in_a_log(written):
    for path in ("/k/7K2M9QXB/", "/en/k/7K2M9QXB/mendimi/", "/en/pyet/k/7K2M9QXB/"):
        logging.getLogger("django.security.csrf").warning("Forbidden (%s): %s", "CSRF cookie not set.", path)
    assert "7K2M9QXB" not in json.dumps(written())
    assert written()[-1]["event"].endswith("/en/pyet/k/…/")


def test_what_others_send_fills_no_log(written):
    logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST header: %r", "a" * 9000)
    assert len(json.dumps(written())) < 1000


def test_a_failed_tasks_result_is_left_out(written):
    logging.getLogger("django-q").error(f"Failed 'notifications.outbox.tasks.deliver' (seven-cats) - {CANARY} : Trace")
    line = written()[0]
    assert line["event"] == "Failed 'notifications.outbox.tasks.deliver' (seven-cats)"


def test_uncaught_exceptions_are_logged_and_not_printed(written, capsys):
    try:
        fail()
    except ValueError:
        sys.excepthook(*sys.exc_info())
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert [line["event"] for line in written()] == ["uncaught", "uncaught"]
    assert CANARY not in capsys.readouterr().err
    with pytest.raises(KeyboardInterrupt):
        raise KeyboardInterrupt
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(written()) == 2


@pytest.mark.parametrize("debug", [False, True])
def test_no_report_shows_variables_or_posted_values(settings, debug):
    settings.DEBUG = debug
    request = RequestFactory().post("/field/", {"name": CANARY})

    def view() -> None:
        person = {"name": CANARY, "password": CANARY}
        raise LookupError(len(person))

    try:
        view()
    except LookupError:
        report = ExceptionReporter(request, *sys.exc_info())
        shown = report.get_traceback_html() + report.get_traceback_text()
        shown += technical_500_response(request, *sys.exc_info()).content.decode()
    assert "LookupError" in shown
    # the source lines of this very file are shown, which is code, not what it held
    assert f"&#x27;name&#x27;: &#x27;{CANARY}" not in shown
    assert f"'{CANARY}'" not in shown
    assert f">{CANARY}<" not in shown


def through(middleware, path="/", **meta):
    request = RequestFactory().get(path, **meta)
    return request, middleware(lambda request: HttpResponse("x"))(request)


@pytest.mark.parametrize("path", ["/field/", "/api/field/v1/forms", "/n/x/", "/accounts/login/", "/cms/", "/sandbox/"])
def test_private_pages_are_kept_by_no_cache_and_found_by_no_search(path):
    _request, response = through(SafeHeaders, path)
    assert response["Cache-Control"] == "no-store, private"
    assert "noindex" in response["X-Robots-Tag"]


def test_a_public_answer_that_says_nothing_of_copies_leaves_none():
    _request, response = through(SafeHeaders, "/ndihme/")
    assert response["Cache-Control"] == "no-store"
    assert not response.has_header("X-Robots-Tag")
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.parametrize(
    "path", ["/k/", "/k/7H3KQ2MX/", "/en/k/7H3KQ2MX/mendimi/", "/pyet/", "/en/pyet/vlore/", "/dil/"]
)
def test_cards_and_questions_leave_no_copy_whatever_their_view_says(path):
    def view(request):
        response = HttpResponse("x")
        mark_cacheable(request, response)
        return response

    request = RequestFactory().get(path)
    response = SafeHeaders(view)(request)
    assert response["Cache-Control"] == "no-store"
    assert ENVIRON_KEY not in request.META
    assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize("path", ["/kush/", "/en/keep/", "/dilema/"])
def test_a_page_whose_address_only_begins_alike_is_a_page_like_others(path):
    _request, response = through(SafeHeaders, path)
    assert not response.has_header("X-Robots-Tag")


def test_public_pages_tell_nobody_where_a_reader_came_from():
    assert through(SafeHeaders, "/ndihme/")[1]["Referrer-Policy"] == "no-referrer"
    assert not through(SafeHeaders, "/field/")[1].has_header("Referrer-Policy")  # Django's own: same-origin


def test_a_public_page_that_asks_for_a_password_can_still_be_sent():
    def view(request):
        get_token(request)
        return HttpResponse("x")

    answer = SafeHeaders(view)(RequestFactory().get("/mbyllur/"))
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert not through(SafeHeaders, "/ndihme/")[1].has_header("X-Robots-Tag")


@pytest.mark.parametrize("path", ["/", "/en/", "/ndihme/", "/k/", "/nothing-here/", "/dil/"])
@pytest.mark.django_db
def test_the_policy_of_public_pages_is_exactly_this(client, path):
    policy = client.get(path)["Content-Security-Policy"]
    assert sorted(policy.split("; ")) == [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self'",
        "manifest-src 'self'",
        "media-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "worker-src 'self'",
    ]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_callers_address_is_what_our_own_proxy_wrote(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request, _response = through(CallerAddress, HTTP_X_FORWARDED_FOR=forwarded)
    assert request.META["REMOTE_ADDR"] == address
