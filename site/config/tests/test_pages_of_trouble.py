"""What people read when something isn't there, went wrong, or must be sent once more."""

import errno
import json
import re

import pytest
from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection
from django.test import Client, RequestFactory

from access.limits import Busy
from access.models import FieldToken
from vault.keyring import KeyRingError

from .. import views

pytestmark = pytest.mark.django_db
CANARY = "Kanarina e Verdhë"


def test_a_missing_page_helps_on_and_names_the_number(client):
    answer = client.get("/nuk/ka/")
    assert answer.status_code == 404
    assert "129" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/field/v1/forms", "/field/", "/healthz"])
def test_a_key_that_is_missing_is_a_state_of_the_service_and_no_fault(client, path, monkeypatch):
    def gone(*args, **named):
        raise KeyRingError("no key 'old1' on the ring")

    client.raise_request_exception = False
    monkeypatch.setattr("access.policy.row_for", gone)
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "old1" not in answer.content.decode()
    if path.startswith("/api/"):
        assert answer.json()["type"] == "urn:vatra:problem:key-missing"
    else:
        assert "Nothing is lost" in answer.content.decode()


@pytest.mark.parametrize(("path", "language"), [("/nuk/ka/", "sq"), ("/en/nuk/ka/", "en")])
def test_a_missing_public_page_speaks_the_language_of_its_address_and_names_no_staff_page(client, path, language):
    html = client.get(path, headers={"Accept-Language": "en" if language == "sq" else "sq"}).content.decode()
    assert f'<html lang="{language}">' in html
    assert "/field/" not in html
    assert html.count('href="/dil/"') == 2
    assert '<meta name="robots" content="noindex">' in html


def test_a_missing_page_of_staff_leads_back_to_theirs(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("worker", password="x"))
    answer = client.get("/field/nothing/")
    assert answer.status_code == 404
    assert 'href="/field/"' in answer.content.decode()


def test_the_api_gets_problem_documents():
    request = RequestFactory().get("/api/field/v1/nothing")
    for answer, status in (
        (views.not_found(request, None), 404),
        (views.server_error(request), 500),
        (views.form_expired(request), 403),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 503), (errno.EDQUOT, 503), (errno.EACCES, 500)])
def test_where_a_file_finds_no_room_it_is_said_to_come_again(number: int, status: int) -> None:
    for path, kind in (("/api/field/v1/submissions", "application/problem+json"), ("/nuk/ka/", "text/html")):
        try:
            raise OSError(number, "x")
        except OSError:
            answer = views.server_error(RequestFactory().post(path))
        assert answer.status_code == status
        assert answer["Content-Type"].startswith(kind)
        assert ("Retry-After" in answer) is (status == 503)


def refuse_every_query(execute, sql, params, many, context):
    raise OperationalError("the connection was closed")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer vft_x"}])
@pytest.mark.parametrize("path", ["/api/field/v1/forms", "/api/field/v1/submissions", "/api/v2/pages/"])
def test_while_the_database_is_away_the_api_says_503_and_when_to_come_again(client, path, header):
    """Wherever it shows first: the token is read in a middleware, before any handler of the API."""
    client.raise_request_exception = False
    if not header:
        client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    method = client.post if path.endswith("submissions") else client.get
    with connection.execute_wrapper(refuse_every_query):
        answer = method(path, content_type="application/json", headers=header)
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert int(answer["Retry-After"]) > 0
    assert answer.json()["type"] == "urn:vatra:problem:busy"


@pytest.mark.parametrize(("path", "language"), [("/nuk/ka/", "sq"), ("/en/nuk/ka/", "en"), ("/n/x/", "sq")])
def test_while_the_database_is_away_pages_say_so_in_the_language_of_the_address(client, path, language):
    client.raise_request_exception = False
    with connection.execute_wrapper(refuse_every_query):
        answer = client.get(path)
    text = answer.content.decode()
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert f'<html lang="{language}">' in text
    assert 'href="tel:129"' in text


def test_another_failure_is_none_to_come_again_for(client, monkeypatch):
    client.raise_request_exception = False

    def fail(token: str) -> None:
        raise ProgrammingError

    monkeypatch.setattr(FieldToken, "found_by", fail)
    answer = client.get("/api/field/v1/forms", headers={"Authorization": "Bearer vft_x"})
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:vatra:problem:fault")


def test_too_much_heavy_work_at_once_is_told_to_come_again(client, monkeypatch):
    client.raise_request_exception = False

    def take_no_more(token: str) -> None:
        raise Busy

    monkeypatch.setattr(FieldToken, "found_by", take_no_more)
    assert client.get("/api/field/v1/forms", headers={"Authorization": "Bearer vft_x"}).status_code == 503


def test_a_failure_shows_a_fixed_page_without_anything_of_the_request():
    answer = views.server_error(RequestFactory().post(f"/field/{CANARY}", {"name": CANARY}))
    assert answer.status_code == 500
    assert CANARY not in answer.content.decode()
    assert "129" in answer.content.decode()


TOO_MANY = "?" + "&".join(f"a{number}=1" for number in range(6000))


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/", "elsewhere.example"),
        ("/en/pyet/", "elsewhere.example"),
        ("/api/v2/pages/", "elsewhere.example"),
        ("/api/field/v1/forms", "elsewhere.example"),
        ("/app.webmanifest" + TOO_MANY, "testserver"),
        ("/api/v2/pages/" + TOO_MANY, "testserver"),
    ],
)
def test_what_cannot_be_read_gets_a_fixed_page_and_a_program_a_problem(client, path, host):
    answer = client.get(path, headers={"Host": host})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert answer["Cache-Control"].startswith("no-store")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "elsewhere" not in text
    if path.startswith("/api/"):
        assert answer["Content-Type"] == "application/problem+json"
    else:
        assert 'href="tel:129"' in text
        assert 'href="/dil/"' in text


def test_the_public_api_says_so_to_a_front_end_elsewhere_too(client):
    answer = client.get("/api/v2/pages/" + TOO_MANY, headers={"Origin": "https://elsewhere.example"})
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_the_numbers_of_fixed_pages_are_those_of_lines_that_never_go_stale():
    lines = json.loads((settings.ROOT / "content/data/hotlines.json").read_text())
    lasting = {line["number"].replace(" ", "") for line in lines["lines"] if line.get("never_stale")}
    templates = [*(settings.ROOT / "templates" / "errors").glob("*.html"), settings.ROOT / "deploy" / "sorry.html"]
    templates.append(settings.ROOT / "deploy" / "busy.html")
    pages = [views.SERVER_ERROR_PAGE, views.BAD_REQUEST_PAGE, *(page.read_text() for page in templates)]
    named = {
        number for page in pages for number in re.findall(r"tel:(\d+)|call (\d+)", page) for number in number if number
    }
    assert {"129", "127"} <= named <= lasting


def test_even_the_proxys_own_page_can_be_left():
    page = (settings.ROOT / "deploy" / "sorry.html").read_text()
    assert f'href="{settings.EXIT_URL}" rel="nofollow noreferrer"' in page
    assert "<script" not in page
    assert "style" not in page


def test_the_proxy_writes_down_neither_addresses_nor_paths():
    shipped = (settings.ROOT / "deploy" / "nginx.conf").read_text()
    code = re.sub(r"#.*", "", shipped)
    named = set(re.findall(r"\$(\w+)", re.search(r"log_format without_paths '([^']*)'", code)[1]))
    assert named == {"time_iso8601", "status", "request_method", "body_bytes_sent", "request_time"}
    servers = code.split("server {")[1:]
    assert len(servers) == 2
    for server in servers:
        assert re.findall(r"access_log (\S+)", server) in (["off;"], ["/var/log/nginx/vatra.log"])
        assert re.findall(r"error_log \S+ (\w+);", server) == ["alert"]


@pytest.mark.parametrize("path", ["/", "/en/ndihme/", "/k/7K2M9QXB/", "/dil/", "/nuk-ka/"])
def test_a_form_sent_to_a_public_page_is_refused_with_the_numbers_and_the_exit(path):
    answer = Client(enforce_csrf_checks=True).post(path, {"note": CANARY})
    html = answer.content.decode()
    assert answer.status_code == 403
    assert "129" in html
    assert 'href="/dil/"' in html
    assert CANARY not in html
    assert "/field/" not in html
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"


def sent(path: str, **headers: str) -> str:
    """What a strict browser gets when its form's token is old."""
    client = Client(enforce_csrf_checks=True, headers=headers)
    answer = client.post(path, {"age": "17", "csrfmiddlewaretoken": "old", "note": f"<b>{CANARY}"})
    assert answer.status_code == 403
    return answer.content.decode()


def test_an_expired_form_of_ours_keeps_what_was_typed_and_offers_to_send_it():
    page = sent("/n/some-link/", origin="http://testserver")
    assert f"&lt;b&gt;{CANARY}" in page
    assert '<form method="post" action="/n/some-link/">' in page
    assert 'value="old"' not in page


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_a_form_from_elsewhere_gets_nothing_served_back(origin):
    page = sent("/n/some-link/", **({"origin": origin} if origin else {}))
    assert CANARY not in page
    assert 'href="/n/some-link/"' in page


def test_a_sign_in_form_is_never_served_back():
    assert CANARY not in sent("/accounts/login/", origin="http://testserver")
