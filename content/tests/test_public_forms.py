import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from ..public_forms import is_from_our_pages, public_form


def posted(**headers: str):
    return RequestFactory().post("/pyet/", headers=headers)


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://other.testserver"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, False),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "http://127.0.0.1:8000"}, True),
        ({"Origin": "https://elsewhere.example"}, False),
        ({"Origin": "http://testserver.elsewhere.example"}, False),
        ({"Referer": "http://testserver/k/"}, True),
        ({"Referer": "https://elsewhere.example/http://testserver/"}, False),
        ({"Referer": "http://[broken"}, False),
    ],
)
def test_a_form_counts_as_ours_when_the_browser_says_so(headers, answer):
    assert is_from_our_pages(posted(**headers)) is answer


def test_an_old_browser_that_says_nothing_is_believed():
    assert is_from_our_pages(posted())
    assert is_from_our_pages(posted(Origin="null"))


@pytest.mark.django_db
def test_a_form_sent_from_elsewhere_is_refused_with_a_page_that_helps_on():
    @public_form
    def view(request):
        return HttpResponse("taken")

    assert view(posted()).content == b"taken"
    refused = view(posted(Origin="https://elsewhere.example"))
    assert refused.status_code == 403
    assert 'href="/dil/"' in refused.content.decode()
    assert "129" in refused.content.decode()
