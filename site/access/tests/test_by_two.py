"""A new role, a wider region and the end of somebody's sessions take two keepers; nobody makes a superuser."""

from collections.abc import Callable
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry

from ..models import AddressChange, Assignment, FieldToken, MobileUnit, RoleRequest, SessionEnd, User
from ..staff.actions import reopen_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english", "committed")]
Person = Callable[..., User]


@pytest.fixture
def committed():
    with mock.patch("django.db.transaction.on_commit", lambda deed, **_more: deed()):
        yield


@pytest.fixture
def operator(person: Person) -> User:
    return person("operator", admin=True, username="olta", first_name="Olta", email="olta@vatra.example", language="en")


@pytest.fixture
def besa(person: Person) -> User:
    return person("coordinator", place="north", admin=True, username="besa", email="besa@vatra.example", language="en")


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def role(name: str, **changes: object) -> dict[str, object]:
    today = timezone.localdate().strftime("%d.%m.%Y")
    return {"role": name, "unit": "", "regions": [], "starts_on": today, "ends_on": "", **changes}


def ask(by: User, user: User, name: str, **changes: object):
    return as_(by).post(reverse("staff:give_role", args=[user.pk]), role(name, **changes))


def decide(by: User, asked: RoleRequest, decision: str = "agree"):
    return as_(by).post(reverse("by_two:role", args=[asked.pk]), {"decision": decision})


def test_an_operator_alone_gives_nobody_a_role(operator, besa, person):
    worker = person("worker", place="north")
    ask(operator, worker, "operator")
    asked = RoleRequest.objects.get()
    assert not worker.assignments.filter(role="operator").exists()
    decide(operator, asked)
    assert not worker.assignments.filter(role="operator").exists()
    assert mail.outbox[-1].to == ["besa@vatra.example"]
    assert "worker" not in str(mail.outbox[-1].body)
    assert decide(besa, asked).status_code == 302
    assert worker.assignments.filter(role="operator").exists()
    done = list(AuditEntry.objects.filter(action__startswith="account.role").values_list("action", "actor_id"))
    assert done == [
        ("account.role_asked", str(operator.pk)),
        ("account.role_agreed", str(besa.pk)),
        ("account.role_given", str(operator.pk)),
    ]


def test_an_operator_does_not_agree_to_their_own_role_asked_by_another(operator, besa):
    ask(operator, operator, "editor")
    asked = RoleRequest.objects.get()
    decide(operator, asked)
    assert not operator.assignments.filter(role="editor").exists()
    decide(besa, asked)
    assert operator.assignments.filter(role="editor").exists()


def test_a_new_person_is_invited_once_the_second_keeper_agreed(operator, besa, units):
    given = {
        "first_name": "Ana",
        "last_name": "Hoxha",
        "username": "ana",
        "email": "ana@vatra.example",
        "language": "en",
    }
    answer = as_(operator).post(reverse("staff:add"), {**given, **role("worker", unit=units["north"].pk)}, follow=True)
    assert "once another keeper has agreed" in answer.content.decode()
    assert ["ana@vatra.example"] not in [letter.to for letter in mail.outbox]
    ana = User.objects.get(username="ana")
    assert ana.roles() == frozenset()
    decide(besa, RoleRequest.objects.get())
    assert mail.outbox[-1].to == ["ana@vatra.example"]
    assert list(ana.units()) == [units["north"]]


def test_a_refused_role_is_nobodys(operator, besa, person):
    worker = person("worker")
    ask(operator, worker, "editor")
    decide(besa, RoleRequest.objects.get(), "refuse")
    assert not worker.assignments.filter(role="editor").exists()
    assert "decided in the meantime" in decide(besa, RoleRequest.objects.get()).content.decode()


def test_a_wider_region_waits_and_another_unit_of_the_same_region_does_not(operator, besa, person, units, regions):
    worker = person("worker", place="north")
    Assignment.objects.filter(user=worker).update(starts_on=timezone.localdate() - timedelta(days=30))
    near = MobileUnit.objects.create(slug="north-2", name="North 2", region=regions["north"])
    ask(operator, worker, "worker", unit=near.pk)
    assert list(worker.units()) == [near]
    ask(operator, worker, "worker", unit=units["south"].pk)
    assert list(worker.units()) == [near]
    assert RoleRequest.objects.waiting().count() == 1
    ask(operator, besa, "coordinator", regions=[regions["south"].pk])
    assert list(besa.coordinated_regions()) == [regions["north"]]


def test_a_coordinator_decides_only_about_their_own_regions(operator, besa, person, units):
    far = person("coordinator", place="south", admin=True)
    worker = person("worker", place="north")
    Assignment.objects.filter(user=worker).update(starts_on=timezone.localdate() - timedelta(days=30))
    ask(operator, worker, "worker", unit=units["south"].pk)
    asked = RoleRequest.objects.get()
    assert decide(besa, asked).status_code == 404
    assert "South" not in as_(besa).get(reverse("by_two:list")).content.decode()
    assert decide(far, asked).status_code == 302
    assert list(worker.units()) == [units["south"]]


def test_whoever_shut_everybody_else_is_not_alone_again(operator, besa, person):
    worker = person("worker")
    as_(operator).post(reverse("staff:shut", args=[besa.pk]))
    ask(operator, worker, "operator")
    assert not worker.assignments.filter(role="operator").exists()


def test_whoever_shuts_the_second_and_opens_the_account_again_is_not_alone_again(operator, person):
    second, worker = person("worker"), person("worker")
    ask(operator, second, "operator")
    as_(operator).post(reverse("staff:shut", args=[second.pk]))
    second.refresh_from_db()
    reopen_account(user=second, by=operator)
    assert not second.assignments.filter(role="operator").exists()
    ask(operator, worker, "operator")
    assert not worker.assignments.filter(role="operator").exists()
    assert RoleRequest.objects.waiting().filter(user=worker).exists()


def test_auditors_are_told_of_a_new_one(operator, besa, person, django_capture_on_commit_callbacks):
    first, second = person("auditor", email="first@vatra.example"), person("worker")
    ask(operator, second, "auditor")
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        decide(besa, RoleRequest.objects.get())
    assert [first.email] in [each.to for each in mail.outbox]


def test_reaching_again_and_again_for_anothers_request_is_one_entry(operator, besa, person, units):
    ask(operator, person("worker", place="north"), "worker", unit=units["south"].pk)
    asked = RoleRequest.objects.get()
    for _time in range(3):
        assert as_(besa).get(reverse("by_two:role", args=[asked.pk])).status_code == 404
    assert AuditEntry.objects.filter(action="access.denied", target_kind="role_request").count() == 1


def test_the_very_first_operator_makes_the_second_alone(operator, person):
    worker = person("worker")
    ask(operator, worker, "operator")
    assert worker.assignments.filter(role="operator").exists()
    ask(operator, person("worker"), "operator")
    assert RoleRequest.objects.waiting().count() == 1


def test_a_request_ends_after_its_days_and_when_the_account_is_shut(operator, besa, person):
    worker, other = person("worker"), person("worker")
    ask(operator, worker, "editor")
    RoleRequest.objects.update(asked_at=timezone.now() - timedelta(days=8))
    assert "waited too long" in decide(besa, RoleRequest.objects.get()).content.decode()
    ask(operator, other, "editor")
    as_(operator).post(reverse("staff:shut", args=[other.pk]))
    assert not RoleRequest.objects.waiting().exists()


def test_the_same_role_is_not_asked_for_twice(operator, besa, person):
    worker = person("worker")
    ask(operator, worker, "editor")
    assert "has been asked for already" in ask(operator, worker, "editor").content.decode()


def test_a_machines_owner_gives_a_role_when_no_second_keeper_is_left(operator, besa, person):
    worker = person("worker", username="ana")
    call_command("give_role", "ana", "operator")
    assert worker.assignments.filter(role="operator").exists()
    assert AuditEntry.objects.filter(action="account.role_given", actor_kind="system").exists()
    with pytest.raises(CommandError, match="region"):
        call_command("give_role", "ana", "coordinator")
    with pytest.raises(CommandError, match="nobody"):
        call_command("give_role", "nobody", "editor")


# ---- the address that invitations go to ----


def change_address(by: User, user: User, email: str):
    sent = {"first_name": "A", "last_name": "H", "username": user.username, "email": email, "language": "en"}
    return as_(by).post(reverse("staff:change", args=[user.pk]), sent, follow=True)


def test_an_operator_alone_redirects_nobodys_invitation(operator, besa, person):
    worker = person("worker", username="ana", email="ana@vatra.example")
    answer = change_address(operator, worker, "attacker@evil.example")
    assert "once another keeper has agreed" in answer.content.decode()
    worker.refresh_from_db()
    assert (worker.email, worker.last_name) == ("ana@vatra.example", "H")
    as_(operator).post(reverse("staff:invite", args=[worker.pk]))
    assert mail.outbox[-1].to == ["ana@vatra.example"]
    asked = AddressChange.objects.get()
    as_(operator).post(reverse("by_two:address", args=[asked.pk]), {"decision": "agree"})
    worker.refresh_from_db()
    assert worker.email == "ana@vatra.example"
    as_(besa).post(reverse("by_two:address", args=[asked.pk]), {"decision": "agree"})
    worker.refresh_from_db()
    assert worker.email == "attacker@evil.example"
    assert mail.outbox[-1].to == ["ana@vatra.example"], "the old address is told"


def test_the_address_of_somebody_whose_role_waits_is_not_changed_alone_either(operator, besa, person):
    nobody = person(None, username="ana", email="ana@vatra.example", first_name="A", last_name="H")
    change_address(operator, nobody, "other@vatra.example")
    nobody.refresh_from_db()
    assert nobody.email == "other@vatra.example", "who has no role sees nothing"
    ask(operator, nobody, "worker", unit=MobileUnit.objects.get(slug="north").pk)
    change_address(operator, nobody, "attacker@evil.example")
    nobody.refresh_from_db()
    assert nobody.email == "other@vatra.example"


def test_a_coordinator_of_elsewhere_does_not_decide_about_an_address(operator, person):
    worker, far = (
        person("worker", place="north", email="a@vatra.example"),
        person("coordinator", place="south", admin=True),
    )
    change_address(operator, worker, "b@vatra.example")
    asked = AddressChange.objects.get()
    assert as_(far).post(reverse("by_two:address", args=[asked.pk]), {"decision": "agree"}).status_code == 404
    assert "b@vatra.example" not in as_(far).get(reverse("by_two:list")).content.decode()


# ---- sessions of others ----


def test_sessions_of_somebody_end_when_two_keepers_agree(operator, besa, person):
    worker = person("worker", place="north", email="w@vatra.example")
    browser, token = as_(worker), FieldToken.issue(worker)
    as_(operator).post(reverse("staff:end_sessions", args=[worker.pk]))
    asked = SessionEnd.objects.get()
    own = as_(operator).post(reverse("by_two:session_end", args=[asked.pk]), {"decision": "agree"})
    assert "neither the one who asked" in own.content.decode()
    assert browser.get("/field/").status_code == 200
    as_(besa).post(reverse("by_two:session_end", args=[asked.pk]), {"decision": "agree"})
    assert browser.get("/field/").status_code == 302
    assert FieldToken.holder_of(token) is None
    assert mail.outbox[-1].to == ["w@vatra.example"]
    actions = list(AuditEntry.objects.filter(action__startswith="session.").values_list("action", flat=True))
    assert actions == ["session.end_asked", "session.end_agreed", "session.ended_all"]


def test_a_coordinator_of_elsewhere_ends_no_sessions(operator, person):
    worker, far = person("worker", place="north"), person("coordinator", place="south", admin=True)
    as_(operator).post(reverse("staff:end_sessions", args=[worker.pk]))
    asked = SessionEnd.objects.get()
    answer = as_(far).post(reverse("by_two:session_end", args=[asked.pk]), {"decision": "agree"})
    assert answer.status_code == 404
    assert as_(far).post(reverse("staff:end_sessions", args=[worker.pk])).status_code == 404


# ---- no superuser, no groups, no password for others ----


def test_extra_fields_of_a_form_make_nobody_more_than_they_are(operator, besa, person):
    worker = person("worker", username="ana", first_name="A", last_name="H", email="a@vatra.example", password="!x")
    sent = {"first_name": "A", "last_name": "B", "username": "ana", "email": "a@vatra.example", "language": "en",
            "is_superuser": "on", "is_staff": "on", "groups": ["1"], "password": "x", "session_epoch": "9"}  # fmt: skip
    as_(operator).post(reverse("staff:change", args=[worker.pk]), sent)
    worker.refresh_from_db()
    assert worker.last_name == "B"
    assert (worker.is_superuser, worker.is_staff, worker.password, worker.session_epoch) == (False, False, "!x", 0)
    assert not worker.groups.exists()


def test_the_admins_own_account_page_sets_no_password(operator):
    page = as_(operator).get("/cms/account/").content.decode()
    assert 'name="password-' not in page
    operator.refresh_from_db()
    before = operator.password
    as_(operator).post("/cms/account/", {"password-new_password1": "a-long-pass-phrase-1",
                                         "password-new_password2": "a-long-pass-phrase-1"})  # fmt: skip
    operator.refresh_from_db()
    assert operator.password == before


def test_a_link_to_the_admins_sign_out_changes_nothing(operator):
    client = as_(operator)
    assert client.get("/cms/logout/").status_code == 405
    assert client.get("/cms/").status_code in (200, 302)
    assert "_auth_user_id" in client.session
    client.post("/cms/logout/")
    assert "_auth_user_id" not in client.session


def test_ending_a_keepers_role_or_shutting_their_account_is_heard_of_by_the_others(operator, besa, person):
    auditor = person("auditor", username="dita", first_name="Dita", email="dita@vatra.example", language="en")
    held = auditor.assignments.get()
    day = timezone.localdate().strftime("%d.%m.%Y")
    as_(operator).post(reverse("staff:end_role", args=[auditor.pk, held.pk]), {"last_day": day})
    assert {letter.to[0] for letter in mail.outbox} == {"besa@vatra.example", "dita@vatra.example"}
    assert "keeper of the record" in mail.outbox[0].body
    mail.outbox.clear()
    as_(operator).post(reverse("staff:shut", args=[besa.pk]))
    assert "besa@vatra.example" in {letter.to[0] for letter in mail.outbox}
    mail.outbox.clear()
    as_(operator).post(reverse("staff:shut", args=[person("worker").pk]))
    assert not mail.outbox
