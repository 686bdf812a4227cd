"""Which failures say that a request can't be read, and which are ours."""

import json
import logging

import pytest
from django import forms
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path

from access import policy
from access.models import Region

from ..malformed import is_malformed
from ..urls import urlpatterns as system

CANARY = "Kanarina e Kuqe"


def classify_failure(request: HttpRequest, act) -> bool:
    request.resolver_match = None
    with pytest.raises(Exception) as caught:  # noqa: PT011
        act(request)
    assert isinstance(caught.value, Exception)
    return is_malformed(request, caught.value)


def post(**sent: str) -> HttpRequest:
    return RequestFactory().post("/cms/", sent)


class Picky(forms.CharField):
    def to_python(self, value):
        return value.strip()  # as Wagtail's field for an address does: nothing was sent, and it is None


class OneField(forms.Form):
    url = Picky()


class OwnRule(forms.Form):
    name = forms.CharField()

    def clean_name(self):
        raise AttributeError("a slip of ours")


@pytest.mark.parametrize(
    ("request_", "act"),
    [
        (post(), lambda request: request.POST["body-count"]),
        (post(), lambda request: OneField(request.POST).is_valid()),
        (post(number=CANARY), lambda request: int(request.POST["number"])),
        (post(parent=CANARY), lambda request: Region.objects.filter(pk=request.POST["parent"])),
        (RequestFactory().post("/cms/", "{", "application/json"), lambda request: json.loads(request.body)),
        (
            RequestFactory().patch("/cms/", "[1]", "application/json"),
            lambda request: {}.update(json.loads(request.body)),
        ),
        (RequestFactory().get("/cms/", {"id": CANARY}), lambda request: Region.objects.filter(pk=request.GET["id"])),
    ],
    ids=["a field is missing", "a form can't read it", "no number", "no key", "no JSON", "no object", "in the address"],
)
def test_what_was_sent_is_at_fault(request_, act):
    assert classify_failure(request_, act)


@pytest.mark.parametrize(
    ("request_", "act"),
    [
        (post(name="x"), lambda request: {}["name"]),
        (post(name="x"), lambda request: int("nothing that was sent")),
        (post(name="x"), lambda request: Region.objects.filter(pk="of our own making")),
        (post(name="x"), lambda request: OwnRule(request.POST).is_valid()),
        (post(name="x"), lambda request: json.loads("{ of our own")),
        (RequestFactory().post("/cms/", "{}", "application/json"), lambda request: None.strip()),
    ],
    ids=["a key", "a number", "a key of the database", "a form's own rule", "a file", "an object was sent"],
)
def test_the_fault_is_ours(request_, act):
    assert not classify_failure(request_, act)


def unreadable(request):
    return HttpResponse(request.POST["missing"])


def broken(request):
    raise ValueError(CANARY)


urlpatterns = [
    path("probe/", unreadable, name="probe"),
    path("api/field/probe/", unreadable, name="api_probe"),
    path("field/probe/", unreadable, name="field_probe"),
    path("broken/", broken, name="broken"),
    path("cms/broken/", broken, name="cms_broken"),
    *system,
]
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"


@pytest.fixture
def open_probes(settings, monkeypatch, client):
    settings.ROOT_URLCONF = __name__
    names = ("probe", "api_probe", "field_probe", "broken", "cms_broken")
    rows = {name: policy.RouteRule(name, policy.PUBLIC, "A test's own route.", policy.WRITE) for name in names}
    monkeypatch.setattr(policy, "_BY_VIEW", policy._BY_VIEW | rows)
    client.raise_request_exception = False
    return client


@pytest.mark.django_db
def test_each_kind_of_reader_is_told_in_their_own_way(open_probes, caplog):
    with caplog.at_level(logging.WARNING):
        public, api, staff = (open_probes.post(path) for path in ("/probe/", "/api/field/probe/", "/field/probe/"))
    assert [answer.status_code for answer in (public, api, staff)] == [400, 400, 400]
    assert 'href="/dil/"' in public.content.decode()
    assert api.json()["type"] == "urn:vatra:problem:malformed"
    assert "<form" not in staff.content.decode()
    assert not [record for record in caplog.records if record.levelno > logging.WARNING]
    assert sum("couldn't read what was sent" in record.getMessage() for record in caplog.records) == 3


@pytest.mark.django_db
def test_a_fault_of_ours_stays_one(open_probes):
    assert open_probes.post("/broken/", {"name": "x"}).status_code == 500


@pytest.mark.django_db
def test_where_to_go_afterwards_is_looked_at_before_anything_is_done(open_probes):
    assert open_probes.post("/cms/broken/", {"next": "nowhere"}).status_code == 400
    assert open_probes.post("/cms/broken/", {"next": "/cms/"}).status_code == 500


@pytest.mark.parametrize(
    "address",
    [
        *("/a%00b/", "/ndihme/?x=%00", "/k/%00/", "/en/pyet/%00/", "/kerko/?q=%00", "/media/images/%00", "/n/%00/"),
        *("/api/v2/cards/%00/feedback/before/", "/api/v2/pages/?slug=%00", "/api/v2/pages/find/?html_path=%00"),
    ],
)
@pytest.mark.django_db
def test_an_address_with_a_nul_is_no_fault_of_the_service_on_any_database(client, address: str) -> None:
    assert client.get(address).status_code < 500


@pytest.mark.django_db
def test_a_nul_that_a_form_sent_and_the_database_refused_cannot_be_read_and_one_of_ours_is_a_fault() -> None:
    def look(request: HttpRequest) -> None:
        Region.objects.get(slug="\0")

    assert classify_failure(post(slug="a\0"), look)
    assert not classify_failure(post(slug="a"), look)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/field/", "/accounts/login/", "/cms/", "/api/field/v1/forms"])
def test_a_cookie_with_a_nul_counts_as_none(client, path):
    """On PostgreSQL the session's was a server error."""
    plain = client.get(path).status_code
    cookies = "; ".join(f'{name}="abcdefgh\\000"' for name in ("vatra_session", "vatra_csrf", "vatra_device"))
    assert client.get(path, headers={"Cookie": cookies}).status_code == plain
