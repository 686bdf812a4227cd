"""Signing in with our own accounts, our own language, and nothing besides."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry

from ..adapter import StaffAccountAdapter
from ..models import Assignment, FieldToken, User, localize
from ..scoping import visible_or_404

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-pass-phrase"


def sign_in(client, user):
    user.set_password(PASSWORD)
    user.save()
    return client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})


@pytest.mark.parametrize(
    ("role", "place"),
    [("worker", "/field/"), ("coordinator", "/field/"), ("editor", "/cms/"), ("operator", "/cms/"), (None, "/")],
)
def test_each_role_arrives_where_its_work_is(client, person, role, place):
    answer = sign_in(client, person(role, admin=True))
    assert (answer.status_code, answer.url) == (302, place)


def test_a_wrong_password_says_so_beside_the_form(client, person):
    user = person("worker")
    answer = client.post(reverse("account_login"), {"login": user.username, "password": "wrong"})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_switched_off_account_does_not_get_in(client, person):
    answer = sign_in(client, person("worker", is_active=False))
    assert "_auth_user_id" not in client.session
    assert answer.status_code in (200, 302)


def test_nobody_can_sign_up(client):
    assert client.get("/accounts/signup/").status_code == 404
    assert not StaffAccountAdapter().is_open_for_signup(None)


def test_signing_in_leaves_no_banner_behind(client, person):
    sign_in(client, person("worker"))
    assert list(client.get("/field/").context["messages"]) == []


def test_throttles_count_by_the_callers_address(rf):
    adapter = StaffAccountAdapter()
    assert adapter.get_client_ip(rf.get("/", REMOTE_ADDR="203.0.113.9")) == "203.0.113.9"
    assert adapter.get_client_ip(rf.get("/", REMOTE_ADDR="")) == "unknown"


def test_signing_out_works_whatever_roles_are_left(client, person):
    client.force_login(person(None))
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_staff_pages_speak_the_language_of_the_account(client, person, settings):
    client.force_login(person("worker", language="en"))
    assert client.get("/field/")["Content-Language"] == "en"
    client.force_login(person("worker", language="sq"))
    assert client.get("/field/", headers={"accept-language": "en"})["Content-Language"] == "sq"


@pytest.mark.parametrize(("cookie", "language"), [("en", "en"), ("xx", "sq"), ("", "sq")])
def test_the_sign_in_page_speaks_the_language_that_was_chosen(client, settings, cookie, language):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    assert client.get(reverse("account_login"))["Content-Language"] == language


# ---- looking one thing up


@pytest.fixture
def scoped(monkeypatch):
    def visible_to(user):
        return User.objects.filter(username__startswith="mine")

    monkeypatch.setattr(User._default_manager, "visible_to", visible_to, raising=False)


def test_what_is_ones_own_is_found(person, scoped):
    mine = person("worker", username="mine-1")
    assert visible_or_404(User, mine, pk=mine.pk) == mine
    assert not AuditEntry.objects.filter(action="access.denied").exists()


def test_reaching_for_anothers_finds_nothing_and_is_recorded(person, scoped):
    mine, theirs = person("worker", username="mine-1"), person("worker", username="theirs")
    with pytest.raises(Http404):
        visible_or_404(User, mine, pk=theirs.pk)
    entry = AuditEntry.objects.get(action="access.denied")
    assert (entry.actor_id, entry.target_kind, entry.target_id) == (
        str(mine.pk),
        "user",
        str(theirs.pk),
    )


def test_what_does_not_exist_is_no_denial(person, scoped):
    with pytest.raises(Http404):
        visible_or_404(User, person("worker", username="mine-1"), pk=0)
    assert not AuditEntry.objects.filter(action="access.denied").exists()


# ---- assignments, tokens, texts


def test_units_and_regions_follow_from_todays_assignments(person, units, regions):
    worker, coordinator = person("worker", place="south"), person("coordinator", place="north")
    assert list(worker.units()) == [units["south"]]
    assert list(worker.coordinated_regions()) == []
    assert list(coordinator.coordinated_regions()) == [regions["north"]]
    assert worker.has_role("worker", "editor")
    assert not worker.has_role("editor")
    assert [str(row).startswith(str(row.user)) for row in Assignment.objects.all()] == [True, True]


def test_the_token_command_prints_once_and_may_revoke_the_rest(person):
    worker = person("worker", username="njesia")
    out = StringIO()
    call_command("field_token", "njesia", stdout=out)
    first = out.getvalue().strip()
    assert FieldToken.holder_of(first) == worker
    call_command("field_token", "njesia", only=True, stdout=StringIO())
    assert FieldToken.holder_of(first) is None
    assert FieldToken.objects.filter(revoked_at__lte=timezone.now()).count() == 1
    assert AuditEntry.objects.filter(action="field_token.issued", target_id=str(worker.pk)).count() == 2


@pytest.mark.parametrize(("name", "options"), [("nobody", {}), ("njesia", {"days": 0}), ("njesia", {"days": 400})])
def test_the_token_command_refuses_what_makes_no_sense(person, name, options):
    person("worker", username="njesia")
    with pytest.raises(CommandError):
        call_command("field_token", name, **options)


def test_a_text_is_given_in_the_language_asked_for_or_the_next_best():
    both = {"sq": "po", "en": "yes"}
    assert localize(both, "en") == "yes"
    assert localize(both, "en-gb") == "yes"
    assert localize(both, "it") == "po"
    assert localize({"en": "yes"}, "sq") == "yes"
    assert localize({}) == ""


def test_places_show_their_names(units, regions):
    from ..models import Municipality, PoliceDirectorate

    directorate = PoliceDirectorate.objects.create(slug="d", name="Drejtoria", short_name="DVP")
    north = regions["north"]
    place = Municipality.objects.create(slug="m", name="Bashkia", region=north, police_directorate=directorate)
    assert [str(row) for row in (directorate, place, north, units["south"])] == ["DVP", "Bashkia", "North", "South"]


@pytest.mark.parametrize(
    ("role", "wanted", "found"),
    [
        ("editor", "/field/", "/cms/"),
        ("worker", "/cms/pages/3/", "/field/"),
        ("worker", "/field/answers/", "/field/answers/"),
        ("editor", "/cms/public/lines/", "/cms/public/lines/"),
        ("worker", "https://elsewhere.example/field/", "/field/"),
    ],
)
def test_whoever_signs_in_at_a_door_that_is_not_theirs_is_led_to_their_own(client, person, role, wanted, found):
    user = person(role, admin=role == "editor")
    user.set_password(PASSWORD)
    user.save()
    answer = client.post(f"{reverse('account_login')}?next={wanted}", {"login": user.username, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, found)
