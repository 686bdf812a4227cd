"""The public API is open to be read from anywhere, is only read, and remembers nobody."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.models import FieldToken, User
from content.models import ArticlePage
from content.tests.seeded import SeededTest

PAGES = "/api/v2/pages/"


class Door(SeededTest):
    def test_a_front_end_elsewhere_may_read_answers_and_refusals(self):
        for address in (PAGES, "/api/openapi.json", f"{PAGES}?limit=x", f"{PAGES}999999/", "/api/v2/nothing/"):
            answer = self.client.get(address, headers={"Origin": "https://elsewhere.example"})
            assert answer["Access-Control-Allow-Origin"] == "*", address
            assert "Access-Control-Allow-Credentials" not in answer

    def test_a_browser_asking_first_is_told_which_methods_there_are(self):
        answer = self.client.options(PAGES, headers={"Access-Control-Request-Method": "GET"})
        assert answer.status_code == 204
        assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"

    def test_what_would_change_something_is_refused_with_a_problem_document(self):
        strict = Client(enforce_csrf_checks=True)
        for method in ("post", "put", "patch", "delete", "trace"):
            answer = getattr(strict, method)(PAGES)
            assert answer.status_code == 405, method
            assert answer["Content-Type"] == "application/problem+json"
            assert answer["Allow"] == "GET, HEAD, OPTIONS"

    def test_every_address_beneath_api_answers_with_a_problem_document_when_nothing_is_there(self):
        for address in (
            "/api/",
            "/api/v2/",
            "/api/v3/pages/",
            "/api/v2/pages/nobody/",
            "/api/field/v9/",
            "/api/x.html",
        ):
            answer = self.client.get(address)
            assert answer.status_code == 404, address
            assert answer["Content-Type"] == "application/problem+json", address

    def test_what_is_held_already_is_not_sent_again(self):
        first = self.client.get(PAGES)
        again = self.client.get(PAGES, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again["Access-Control-Allow-Origin"] == "*"

    def test_an_answer_is_the_same_for_everyone_and_depends_on_no_cookie_or_language(self):
        plain = self.client.get(PAGES)
        other = self.client.get(
            PAGES, headers={"Cookie": "vatra_session=x", "Accept-Language": "en", "Accept": "text/html"}
        )
        assert other.content == plain.content
        assert "Vary" not in plain.headers
        assert "Set-Cookie" not in plain.headers

    def test_head_says_what_get_says(self):
        got, head = self.client.get(PAGES), self.client.head(PAGES)
        assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])

    def test_searches_stay_in_no_cache(self):
        assert self.client.get(f"{PAGES}?search=ndihme")["Cache-Control"] == "no-store"
        assert self.client.get(PAGES)["Cache-Control"] == "no-cache"

    def test_the_text_of_a_sensitive_page_stays_in_no_cache_alone_or_in_a_list(self):
        page = ArticlePage.objects.live().first()
        page.is_sensitive = True
        page.save()
        for query in ("?fields=body&limit=100", "?fields=*&limit=100"):
            assert self.client.get(f"{PAGES}{query}")["Cache-Control"] == "no-store", query
        assert self.client.get(f"{PAGES}{page.pk}/")["Cache-Control"] == "no-store"
        assert self.client.get(f"{PAGES}?limit=100")["Cache-Control"] == "no-cache"
        assert self.client.get(f"{PAGES}?fields=body&type=content.HelpPage")["Cache-Control"] == "no-cache"


@pytest.mark.django_db
def test_a_session_and_a_token_are_never_looked_up(client):
    person = User.objects.create(username="redaktor")
    client.force_login(person)
    token = FieldToken.issue(person)
    with CaptureQueriesContext(connection) as asked:
        for address in ("/api/v2/nothing/", "/api/v2/regions/", f"{PAGES}?limit=x"):
            client.get(address, headers={"Authorization": f"Bearer {token}"})
    told = " ".join(query["sql"] for query in asked.captured_queries)
    assert "access_region" in told
    for table in ("django_session", "access_fieldtoken", "access_user", "access_assignment"):
        assert table not in told
