"""The staff screens over HTTP: making, inviting, moving and ending, and a lost second factor that takes two."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from smtplib import SMTPServerDisconnected
from unittest import mock

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry

from ..models import Assignment, FactorReset, FieldToken, Invitation, RoleRequest, StaffRole, User
from ..staff import groups
from ..staff.groups import follow_roles_of_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english", "committed")]
GOOD = "a-long-enough-pass-phrase"
Person = Callable[..., User]


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Mails go out on commit: here with each action."""
    with mock.patch("django.db.transaction.on_commit", lambda deed, **_more: deed()):
        yield


@pytest.fixture
def operator(person: Person) -> User:
    user = person("operator", admin=True, username="olta", first_name="Olta", last_name="O", email="olta@vatra.example",
                  language="en")  # fmt: skip
    user.set_password(GOOD)
    user.save()
    return user


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def new_person(**changes: object) -> dict[str, object]:
    today = timezone.localdate()
    return {
        "first_name": "Ana", "last_name": "Hoxha", "username": "ana", "email": "ana@vatra.example", "language": "en",
        "role": "worker", "unit": "", "regions": [], "starts_on": today.strftime("%d.%m.%Y"), "ends_on": "", **changes,
    }  # fmt: skip


def link_in(letter: mail.EmailMessage) -> str:
    return re.search(r"https?://[^/\s]+(/accounts/invitation/\S+)", str(letter.body)).group(1)


def add(operator: User, **changes: object):
    return as_(operator).post(reverse("staff:add"), new_person(**changes))


def test_a_person_is_made_invited_and_works_without_the_operator_knowing_a_password(operator, units):
    answer = add(operator, unit=units["north"].pk)
    ana = User.objects.get(username="ana")
    assert answer.url == reverse("staff:person", args=[ana.pk])
    assert not ana.has_usable_password()
    assert not ana.is_superuser
    assert list(ana.units()) == [units["north"]]
    (letter,) = mail.outbox
    assert letter.to == ["ana@vatra.example"]
    link = link_in(letter)

    visitor = Client()
    assert b"ana" in visitor.get(link).content
    assert visitor.get(link).status_code == 200, "looking at the link uses nothing up"
    refused = visitor.post(link, {"new_password1": "short", "new_password2": "short"})
    assert refused.status_code == 200
    assert refused.context["form"].errors
    done = visitor.post(link, {"new_password1": GOOD, "new_password2": GOOD})
    assert done.url.startswith(reverse("account_login"))
    assert visitor.post(link, {"new_password1": GOOD + "2", "new_password2": GOOD + "2"}).status_code == 410
    signed_in = visitor.post(reverse("account_login"), {"login": "ana", "password": GOOD})
    assert signed_in.url == reverse("intake:home")
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert not AuditEntry.objects.filter(detail__icontains=token).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "worker", "unit": ""}, "unit"),
        ({"role": "coordinator"}, "regions"),
        ({"role": ""}, "role"),
        ({"role": "editor", "ends_on": "01.01.2020"}, "ends_on"),
        ({"role": "editor", "starts_on": "yesterday"}, "starts_on"),
        ({"role": "editor", "email": ""}, "email"),
        ({"role": "editor", "email": "OLTA@vatra.example"}, "email"),
        ({"role": "editor", "username": "Olta"}, "username"),
        ({"role": "editor", "username": "two words"}, "username"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nobody_is_made(operator, changes, field):
    answer = add(operator, **changes)
    assert answer.status_code == 200
    forms = (answer.context["person"], answer.context["role"])
    assert any(field in form.errors for form in forms)
    assert User.objects.count() == 1
    assert mail.outbox == []


def test_an_invitation_that_could_not_be_mailed_is_not_said_to_be_sent(operator):
    with mock.patch("access.staff_mail.EmailMessage.send", side_effect=SMTPServerDisconnected):
        answer = as_(operator).post(reverse("staff:add"), new_person(role="editor"), follow=True)
    words = answer.content.decode()
    assert "could not be sent" in words
    assert "An invitation was sent" not in words
    ana = User.objects.get(username="ana")
    again = as_(operator).post(reverse("staff:invite", args=[ana.pk]), follow=True)
    assert "An invitation was sent to ana@vatra.example" in again.content.decode()


def test_a_second_invitation_ends_the_first(operator):
    add(operator, role="editor")
    first = link_in(mail.outbox[-1])
    as_(operator).post(reverse("staff:invite", args=[User.objects.get(username="ana").pk]))
    second = link_in(mail.outbox[-1])
    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 200


def test_an_invitation_ends_with_its_time_and_with_a_changed_address(operator):
    add(operator, role="editor")
    ana, link = User.objects.get(username="ana"), link_in(mail.outbox[-1])
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(link).status_code == 410
    as_(operator).post(reverse("staff:invite", args=[ana.pk]))
    link = link_in(mail.outbox[-1])
    changed = {name: value for name, value in new_person(email="other@vatra.example").items() if name in
               ("first_name", "last_name", "username", "email", "language")}  # fmt: skip
    as_(operator).post(reverse("staff:change", args=[ana.pk]), changed)
    assert Client().get(link).status_code == 410
    assert mail.outbox[-1].to == ["ana@vatra.example"], "the old address hears of it"


def test_another_unit_ends_the_one_before_on_the_day_before(operator, person, units):
    worker = person("worker", place="north")
    Assignment.objects.filter(user=worker).update(starts_on=timezone.localdate() - timedelta(days=30))
    monday = timezone.localdate() + timedelta(days=5)
    role = {"role": "worker", "unit": units["south"].pk, "starts_on": monday.strftime("%d.%m.%Y"), "ends_on": ""}
    assert as_(operator).post(reverse("staff:give_role", args=[worker.pk]), role).status_code == 302
    assert list(worker.units()) == [units["north"]]
    assert [each.unit for each in worker.current_assignments(monday)] == [units["south"]]
    assert [each.unit for each in worker.current_assignments(monday - timedelta(days=1))] == [units["north"]]


def test_coordinators_hear_of_a_new_coordinator_of_their_region(operator, person, regions):
    person("coordinator", place="north", email="besa@vatra.example")
    person("coordinator", place="south", email="far@vatra.example")
    add(operator, role="coordinator", regions=[regions["north"].pk])
    second = person("operator", admin=True)
    as_(second).post(reverse("by_two:role", args=[RoleRequest.objects.get().pk]), {"decision": "agree"})
    told = [letter.to for letter in mail.outbox if "Olta" in str(letter.body)]
    assert told == [["besa@vatra.example"]]


def test_groups_follow_from_roles_as_days_pass(operator, regions):
    tomorrow = timezone.localdate() + timedelta(days=1)
    add(operator, role="coordinator", regions=[regions["north"].pk], starts_on=tomorrow.strftime("%d.%m.%Y"))
    ana = User.objects.get(username="ana")
    assert list(ana.groups.all()) == []
    Assignment.objects.filter(user=ana).update(starts_on=timezone.localdate())
    follow_roles_of_all()
    assert [group.name for group in ana.groups.all()] == ["Coordinators"]
    Assignment.objects.filter(user=ana).update(
        starts_on=tomorrow - timedelta(days=9), ends_on=tomorrow - timedelta(days=2)
    )
    follow_roles_of_all()
    assert list(ana.groups.all()) == []


def test_a_shut_account_is_out_at_once_with_its_tokens_and_invitations(operator, person):
    worker = person("worker", email="w@vatra.example")
    browser, token = as_(worker), FieldToken.issue(worker)
    assert browser.get(reverse("intake:home")).status_code == 200
    as_(operator).post(reverse("staff:invite", args=[worker.pk]))
    link = link_in(mail.outbox[-1])
    as_(operator).post(reverse("staff:shut", args=[worker.pk]))
    assert browser.get(reverse("intake:home")).status_code == 302
    assert FieldToken.holder_of(token) is None
    assert Client().get(link).status_code == 410
    as_(operator).post(reverse("staff:open_again", args=[worker.pk]))
    worker.refresh_from_db()
    assert worker.is_active
    assert worker.roles() == frozenset()


def test_the_last_operator_stays(operator, person):
    own = operator.assignments.get()
    yesterday = timezone.localdate() + timedelta(days=3)
    ending = {"last_day": yesterday.strftime("%d.%m.%Y")}
    answer = as_(operator).post(reverse("staff:end_role", args=[operator.pk, own.pk]), ending)
    assert "No operator would be left" in answer.content.decode()
    person("operator", username="invited-only", password=make_password(None))
    assert as_(operator).post(reverse("staff:end_role", args=[operator.pk, own.pk]), ending).status_code == 200
    own.refresh_from_db()
    assert own.ends_on is None
    assert "another operator" in as_(operator).post(reverse("staff:shut", args=[operator.pk])).content.decode()
    operator.refresh_from_db()
    assert operator.is_active


def test_a_role_that_was_to_come_is_taken_back(operator, person, units):
    worker = person("worker")
    Assignment.objects.filter(user=worker).update(starts_on=timezone.localdate() + timedelta(days=9))
    held = worker.assignments.get()
    today = timezone.localdate().strftime("%d.%m.%Y")
    as_(operator).post(reverse("staff:end_role", args=[worker.pk, held.pk]), {"last_day": today})
    assert not worker.assignments.exists()


def end(operator: User, held: Assignment, day: date):
    ending = {"last_day": day.strftime("%d.%m.%Y")}
    return as_(operator).post(reverse("staff:end_role", args=[held.user_id, held.pk]), ending)


def test_ending_a_role_never_gives_one_back_and_never_takes_a_day_away_that_is_over(operator, person):
    coordinator, today = person("coordinator"), timezone.localdate()
    held, day = coordinator.assignments.get(), timedelta(days=1)
    Assignment.objects.filter(pk=held.pk).update(starts_on=today - 9 * day, ends_on=today - day)
    assert "already ended" in end(operator, held, today + 30 * day).content.decode()
    Assignment.objects.filter(pk=held.pk).update(ends_on=today + 3 * day)
    assert "already ends sooner" in end(operator, held, today + 30 * day).content.decode()
    assert "in the past" in end(operator, held, today - 20 * day).content.decode()
    held.refresh_from_db()
    assert held.ends_on == today + 3 * day
    assert end(operator, held, today).status_code == 302
    held.refresh_from_db()
    assert held.ends_on == today


def test_one_account_that_cannot_be_changed_keeps_no_other_from_its_groups(operator, person, monkeypatch):
    bad, good = person("editor"), person("editor")
    real = groups.follow_roles

    def follow(user: User) -> bool:
        if user.pk == bad.pk:
            raise ValueError("spoilt")
        return real(user)

    monkeypatch.setattr(groups, "follow_roles", follow)
    follow_roles_of_all()
    assert {group.name for group in good.groups.all()} == {"Editors", "Moderators"}


# ---- a lost second factor ----


@pytest.fixture
def without_phone(person: Person) -> User:
    user = person("worker", place="north", username="ana", email="ana@vatra.example", language="en")
    user.set_password(GOOD)
    user.save()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return user


def test_a_lost_factor_takes_two_people_and_ends_password_and_sessions(operator, person, without_phone):
    coordinator = person("coordinator", place="north", admin=True, language="en")
    browser, token = as_(without_phone), FieldToken.issue(without_phone)
    as_(operator).post(reverse("factor_resets:ask", args=[without_phone.pk]))
    reset = FactorReset.objects.get()
    assert mail.outbox[-1].to == ["ana@vatra.example"]
    own = as_(operator).post(reverse("factor_resets:decide", args=[reset.pk]), {"decision": "agree"})
    assert "neither the one who asked" in own.content.decode()
    assert Authenticator.objects.filter(user=without_phone).exists(), "one alone changes nothing"

    assert (
        as_(coordinator).post(reverse("factor_resets:decide", args=[reset.pk]), {"decision": "agree"}).status_code
        == 302
    )
    without_phone.refresh_from_db()
    assert not Authenticator.objects.filter(user=without_phone).exists()
    assert not without_phone.has_usable_password(), "who only knew the password can't enrol a factor of their own"
    assert browser.get(reverse("intake:home")).status_code == 302
    assert FieldToken.holder_of(token) is None
    assert Client().get(link_in(mail.outbox[-1])).status_code == 200
    actions = list(AuditEntry.objects.filter(action__startswith="account.").values_list("action", flat=True))
    assert actions[:2] == ["account.factor_reset_asked", "account.factor_reset_agreed"]


def test_a_second_decision_and_an_old_request_change_nothing(operator, person, without_phone):
    besa, cani = (person("coordinator", place="north", admin=True, language="en") for _each in range(2))
    as_(operator).post(reverse("factor_resets:ask", args=[without_phone.pk]))
    as_(operator).post(reverse("factor_resets:ask", args=[without_phone.pk]))
    reset = FactorReset.objects.get()
    as_(besa).post(reverse("factor_resets:decide", args=[reset.pk]), {"decision": "refuse"})
    late = as_(cani).post(reverse("factor_resets:decide", args=[reset.pk]), {"decision": "agree"})
    assert "decided in the meantime" in late.content.decode()
    as_(operator).post(reverse("factor_resets:ask", args=[without_phone.pk]))
    waiting = FactorReset.objects.waiting().get()
    FactorReset.objects.filter(pk=waiting.pk).update(asked_at=timezone.now() - timedelta(days=3))
    late = as_(cani).post(reverse("factor_resets:decide", args=[waiting.pk]), {"decision": "agree"})
    assert "waited too long" in late.content.decode()
    assert Authenticator.objects.filter(user=without_phone).exists()


def test_a_coordinator_of_elsewhere_can_neither_ask_nor_decide(operator, person, without_phone):
    far = person("coordinator", place="south", admin=True)
    assert as_(far).post(reverse("factor_resets:ask", args=[without_phone.pk])).status_code == 404
    as_(operator).post(reverse("factor_resets:ask", args=[without_phone.pk]))
    reset = FactorReset.objects.get()
    assert as_(far).post(reverse("factor_resets:decide", args=[reset.pk]), {"decision": "agree"}).status_code == 404
    assert FactorReset.objects.waiting().count() == 1


def test_nobody_asks_for_themselves(operator):
    Authenticator.objects.create(user=operator, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert as_(operator).post(reverse("factor_resets:ask", args=[operator.pk])).status_code == 404
    assert not FactorReset.objects.exists()


# ---- who may, and what Wagtail brings ----


@pytest.mark.parametrize("role", ["worker", "coordinator", "editor"])
def test_only_operators_keep_staff_and_places(person, role):
    client = as_(person(role, admin=True))
    for name in ("staff:list", "staff:add", "mobileunit:index", "municipality:index", "region:index"):
        assert client.get(reverse(name)).status_code == 404


def test_wagtails_own_screens_of_users_and_groups_are_shut(operator):
    operator.is_superuser = True
    operator.save()
    client = as_(operator)
    for path in ("/cms/users/", "/cms/users/new/", f"/cms/users/edit/{operator.pk}/", "/cms/groups/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/cms/users/edit/{operator.pk}/", {"is_superuser": "on"}).status_code == 404


def test_a_list_of_many_is_paged_found_and_narrowed_with_few_queries(operator, person, django_assert_max_num_queries):
    for number in range(61):
        person("worker", place="north", first_name=f"Person{number}", last_name="Zeta")
    client = as_(operator)
    with django_assert_max_num_queries(25):
        page = client.get(reverse("staff:list"))
    assert "62 people" in page.content.decode()
    assert len(page.context["page"].object_list) == 50
    assert len(client.get(reverse("staff:list"), {"p": "2"}).context["page"].object_list) == 12
    assert len(client.get(reverse("staff:list"), {"q": "Person7 Zeta"}).context["page"].object_list) == 1
    assert client.get(reverse("staff:list"), {"role": "editor"}).context["page"].paginator.count == 0
    assert client.get(reverse("staff:list"), {"role": "'", "unit": "\x01", "p": "x"}).status_code == 200
    assert client.get(reverse("staff:list"), {"unit": "\x00"}).status_code == 400  # PostgreSQL compares none with it


# ---- units and places ----


@pytest.fixture
def keeper(operator):
    """An operator with the rights that seeding gives the group."""
    from case_forms.submissions.seeding.reference import seed_groups

    seed_groups()
    from ..staff.groups import follow_roles

    follow_roles(operator)
    return as_(operator)


def test_a_unit_is_made_with_a_number_that_can_be_called(keeper, regions):
    given = {"name": "Njësia", "slug": "njesia", "region": regions["north"].pk, "working_since": "", "is_active": "on"}
    wrong = keeper.post(reverse("mobileunit:add"), {**given, "callback_phone": "069 12"})
    assert list(wrong.context["form"].errors) == ["callback_phone"]
    keeper.post(reverse("mobileunit:add"), {**given, "callback_phone": "069 123 4567"})
    from ..models import MobileUnit

    assert MobileUnit.objects.get(slug="njesia").callback_phone == "+355691234567"
    assert AuditEntry.objects.filter(action="place.mobileunit_added").exists()


def test_a_unit_with_people_is_not_closed(keeper, person, units):
    person("worker", place="north")
    unit = units["north"]
    given = {"name": unit.name, "callback_phone": "+355691234567", "working_since": ""}
    answer = keeper.post(reverse("mobileunit:edit", args=[unit.pk]), given)
    assert list(answer.context["form"].errors) == ["is_active"]


def test_a_municipality_moves_to_another_directorate_and_keeps_its_name(keeper, regions):
    from ..models import Municipality, PoliceDirectorate

    one, two = (PoliceDirectorate.objects.create(slug=s, name=s, short_name=s) for s in ("dvp-a", "dvp-b"))
    place = Municipality.objects.create(slug="b", name="B", region=regions["north"], police_directorate=one)
    keeper.post(reverse("municipality:edit", args=[place.pk]), {"police_directorate": two.pk, "name": "Other"})
    place.refresh_from_db()
    assert (place.police_directorate, place.name) == (two, "B")
    assert AuditEntry.objects.filter(action="place.municipality_changed").exists()


# ---- the first operator ----


def test_the_first_operator_gets_a_link_and_the_second_is_refused(capsys):
    call_command("first_operator", "olta", "olta@vatra.example")
    link = re.search(r"(/accounts/invitation/\S+)", capsys.readouterr().out).group(1)
    call_command("first_operator", "olta", "olta@vatra.example")  # the link got lost: another
    again = re.search(r"(/accounts/invitation/\S+)", capsys.readouterr().out).group(1)
    assert Client().get(link).status_code == 410
    client = Client()
    client.post(again, {"new_password1": GOOD, "new_password2": GOOD})
    signed_in = client.post(reverse("account_login"), {"login": "olta", "password": GOOD})
    assert signed_in.status_code == 302
    assert client.get(reverse("staff:list")).status_code in (200, 302)
    with pytest.raises(CommandError, match="an operator already"):
        call_command("first_operator", "evil", "evil@vatra.example")
    capsys.readouterr()
    call_command("first_operator", "olta", "olta@vatra.example")  # signed in, but the second factor was never set up
    assert "/accounts/invitation/" in capsys.readouterr().out
    Authenticator.objects.create(user=User.objects.get(), type=Authenticator.Type.TOTP, data={})
    with pytest.raises(CommandError, match="an operator already"):
        call_command("first_operator", "olta", "olta@vatra.example")
    assert User.objects.get().has_role(StaffRole.OPERATOR)
    assert not User.objects.get().is_superuser


@pytest.mark.parametrize(("name", "address"), [("olta", "no address"), ("two words", "a@vatra.example")])
def test_the_first_operator_needs_a_name_and_an_address(name, address):
    with pytest.raises(CommandError):
        call_command("first_operator", name, address)
    assert not User.objects.exists()
