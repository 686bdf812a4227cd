import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_leaving_answers_with_the_neutral_page_and_asks_the_browser_to_forget(client):
    response = client.get(reverse("content:exit"))
    assert response.status_code == 303
    assert response["Location"] == settings.EXIT_URL
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies


def test_the_exit_has_one_address_that_says_little():
    assert reverse("content:exit") == "/dil/"


def test_leaving_signs_staff_out_on_this_device_and_keeps_reports_not_yet_sent(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("worker", password="x"))
    before = list(Session.objects.values_list())
    response = client.get(reverse("content:exit"))
    assert response["Clear-Site-Data"] == '"cache", "cookies"'
    assert list(Session.objects.values_list()) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_page_elsewhere_can_not_make_a_browser_forget(client, headers):
    response = client.get(reverse("content:exit"), headers=headers)
    assert response.status_code == 303
    assert "Clear-Site-Data" not in response


def test_a_followed_link_counts_as_leaving(client):
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
    assert "Clear-Site-Data" in client.get(reverse("content:exit"), headers=headers)


def test_leaving_is_a_link_and_nothing_else(client):
    assert client.post(reverse("content:exit")).status_code == 405


def test_what_stands_in_the_place_of_a_page_that_was_left_is_empty_and_leads_out(client):
    response = client.get(reverse("content:left"))
    html = response.content.decode()
    assert response.status_code == 200
    assert f'content="2;url={settings.EXIT_URL}"' in html
    assert "<body></body>" in html
    assert "Vatra" not in html
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert not response.cookies


def test_every_public_page_looks_whether_it_was_left_before_it_is_painted(client):
    html = client.get("/not-there-at-all/").content.decode()
    head = html.split("</head>")[0]
    assert f'data-left="{reverse("content:left")}"' in head
    assert head.index("js/left.js") < head.index('rel="stylesheet"')
