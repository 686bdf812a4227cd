"""What people read when something isn't there, went wrong, or must be sent once more."""

import pytest
from django.test import Client, RequestFactory

from config import views

pytestmark = pytest.mark.django_db
CANARY = "Kanarina e Verdhë"


def test_a_missing_page_helps_on_and_names_the_number(client):
    answer = client.get("/nuk/ka/")
    assert answer.status_code == 404
    assert "129" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


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


def test_a_failure_shows_a_fixed_page_without_anything_of_the_request():
    answer = views.server_error(RequestFactory().post(f"/field/{CANARY}", {"name": CANARY}))
    assert answer.status_code == 500
    assert CANARY not in answer.content.decode()
    assert "129" in answer.content.decode()


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
