"""Somebody who can write to the database but has no key turns no notice, PIN, role or factor to themselves, and each
row that they touched is named (`audit.sealed_rows`).

It stands here because contacts, roles, factors and versions are of four rooms.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from access.models import (
    AddressChange,
    Assignment,
    FactorReset,
    FactorSeal,
    FieldToken,
    Invitation,
    RoleRequest,
    SessionEnd,
    StaffRole,
    User,
)
from access.sessions.factors import find_broken_factors, seal_secret
from access.staff.decisions import decide_address, decide_reset, decide_role, decide_session_end
from access.staff.models import TwoPeople
from audit.models import AuditEntry
from audit.sealed_rows import SealedRow, find_broken, find_unexplained, get_models, seal_first
from case_forms.form_builder.triggers import FORM_VERSIONS
from notifications.directory.models import Contact, ContactWay, Role
from notifications.directory.roster import on_duty
from notifications.directory.ways.choosing import get_ways
from notifications.escalation import chain_watch
from notifications.escalation.audit_labels import TARGETS
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Heartbeat, Notice
from tests.world.places import PASSWORD, make_user
from tests.world.scene import Scene, make_scene

pytestmark = pytest.mark.django_db

PIN, OTHER = "482915", "another-long-enough-1"


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    seal_first()
    assert find_unexplained() == []
    return made


@pytest.fixture
def officer(scene: Scene) -> Contact:
    found = Contact.objects.get(partner=scene.offices["police"], shifts__rank=1)
    found.set_pin(PIN)
    found.save()
    assert found.check_pin(PIN)
    return found


def write(statement: str, *values: Any) -> None:
    """As somebody at the database's console: past every model, manager and trigger of ours."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def names() -> set[str]:
    return {str(each) for each in find_unexplained()}


FORGED = {
    "email": "UPDATE directory_contact SET email = 'thief@example.org' WHERE id = %s",
    "phone": "UPDATE directory_contact SET phone = '+355690000000' WHERE id = %s",
    "reachable_at": "UPDATE directory_contact SET reachable_at = '2020-01-01 00:00:00+00:00' WHERE id = %s",
    "pin_hash": "UPDATE directory_contact SET pin_hash = 'md5$a$b' WHERE id = %s",
    "seal": "UPDATE directory_contact SET seal = '' WHERE id = %s",
    "a key that isn't here": "UPDATE directory_contact SET seal = 'lffff:00' WHERE id = %s",
}


@pytest.mark.parametrize("statement", FORGED.values(), ids=FORGED)
def test_a_contact_changed_without_a_key_is_told_nothing_and_the_next_one_is(
    scene: Scene, officer: Contact, statement: str
) -> None:
    office = scene.offices["police"]
    deputy = [each for each in on_duty(office, timezone.now()) if each != officer]
    write(statement, officer.pk)
    assert on_duty(office, timezone.now()) == deputy
    assert not Contact.objects.get(pk=officer.pk).check_pin(PIN)
    assert names() == {f"contact {officer.pk}: broken"}


def test_a_pin_copied_from_another_contact_opens_nothing(scene: Scene, officer: Contact) -> None:
    thief = Contact.objects.exclude(pk=officer.pk).first()
    assert thief is not None
    thief.set_pin("917364")
    thief.save()
    write(
        "UPDATE directory_contact SET pin_hash = %s, pin_set_at = %s, seal = %s WHERE id = %s",
        *(thief.pin_hash, thief.pin_set_at, thief.seal, officer.pk),
    )
    assert not Contact.objects.get(pk=officer.pk).check_pin("917364")
    assert names() == {f"contact {officer.pk}: broken"}


def test_what_was_owed_before_doesnt_go_to_an_address_changed_since(scene: Scene, mailoutbox: list[Any]) -> None:
    scene.send()
    notice = Notice.objects.get(role=Role.POLICE)
    write("UPDATE directory_contact SET email = 'thief@example.org' WHERE id = %s", notice.contact_id)
    send_due()
    assert not [mail for mail in mailoutbox if "thief@example.org" in mail.to]
    notice.refresh_from_db()
    assert notice.sent_at is None


def test_a_way_added_or_changed_without_a_key_is_taken_by_nothing(scene: Scene, officer: Contact) -> None:
    way = ContactWay.objects.create(
        contact=officer, channel="sms", address="+355691111111", confirmed_at=timezone.now()
    )

    def taken() -> list[ContactWay]:
        return get_ways(officer, channels=["sms"], is_urgent=True, is_unanswered=False, at=timezone.now())

    assert taken() == [way]
    write("UPDATE directory_contactway SET address = '+355692222222' WHERE id = %s", way.pk)
    assert taken() == []
    assert names() == {f"contactway {way.pk}: broken"}


def test_a_role_added_or_widened_without_a_key_opens_nothing(scene: Scene) -> None:
    worker = scene.worker
    held = Assignment.objects.get(user=worker)
    write(
        "INSERT INTO access_assignment (user_id, role, starts_on, seal) VALUES (%s, 'auditor', %s, %s)",
        *(worker.pk, held.starts_on, held.seal),
    )
    forged = Assignment.objects.get(role="auditor", user=worker)
    person = User.objects.get(pk=worker.pk)
    assert person.roles() == {StaffRole.WORKER}
    assert list(person.current_assignments()) == [held]
    assert names() == {f"assignment {forged.pk}: broken"}
    other = make_user("worker", username="other", unit=scene.unit)
    write("UPDATE access_assignment SET user_id = %s WHERE id = %s", other.pk, held.pk)
    assert User.objects.get(pk=other.pk).units().count() == 1, "their own alone"
    assert User.objects.get(pk=worker.pk).roles() == frozenset()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE access_fieldtoken SET token_hash = %s",
        "UPDATE access_fieldtoken SET token_hash = %s, seal = ''",
        """INSERT INTO access_fieldtoken (user_id, token_hash, created_at, expires_at, name, scope)
           SELECT user_id, %s, created_at, expires_at, name, scope FROM access_fieldtoken""",
        """INSERT INTO access_fieldtoken (user_id, token_hash, created_at, expires_at, name, scope, seal)
           SELECT user_id, %s, created_at, expires_at, name, scope, seal FROM access_fieldtoken""",
    ],
)
def test_a_token_added_or_changed_without_a_key_opens_nothing(scene: Scene, change: str) -> None:
    honest = FieldToken.issue(scene.worker)
    assert FieldToken.holder_of(honest) == scene.worker
    write(change, FieldToken.hash_of("vft_of-the-thief"))
    assert FieldToken.holder_of("vft_of-the-thief") is None
    answer = Client().get("/api/field/v1/forms", headers={"Authorization": "Bearer vft_of-the-thief"})
    assert answer.status_code == 401
    assert any(name.startswith("fieldtoken") for name in names())


@pytest.mark.parametrize(
    "change", ["scope = 'all'", "expires_at = '2099-01-01 00:00:00+00'", "user_id = user_id + 1", "revoked_at = NULL"]
)
def test_a_token_widened_without_a_key_opens_nothing(scene: Scene, change: str) -> None:
    token = FieldToken.issue(scene.worker, scope=FieldToken.Scope.READ)
    FieldToken.objects.update(revoked_at=timezone.now() if "revoked" in change else None)
    User.objects.create_user("next", pk=scene.worker.pk + 1)
    write(f"UPDATE access_fieldtoken SET {change}")  # noqa: S608  # values of this test
    assert FieldToken.found_by(token) is None
    assert len(names()) == 1


def test_a_factor_of_another_account_signs_nobody_in(scene: Scene) -> None:
    thief, victim = scene.worker, make_user("worker", username="victim", password=PASSWORD, unit=scene.unit)
    own, theirs = (
        Authenticator.objects.create(user=person, type="totp", data={"secret": seal_secret(secret)})
        for person, secret in ((thief, "JBSWY3DPEHPK3PXP"), (victim, "KRSXG5CTMVRXEZLU"))
    )
    assert find_broken_factors(victim) == []
    theirs.record_usage()  # as an honest use changes it
    assert find_broken_factors(victim) == []
    write(
        "UPDATE mfa_authenticator SET data = (SELECT data FROM mfa_authenticator WHERE id = %s) WHERE id = %s",
        own.pk,
        theirs.pk,
    )
    assert find_broken_factors(victim) == [theirs.pk]
    theirs.refresh_from_db()
    theirs.record_usage()
    assert find_broken_factors(victim) == [theirs.pk], "an honest use afterwards covers up nothing"
    theirs.delete()
    assert find_broken_factors(victim) == []
    assert not FactorSeal.objects.filter(owner=victim).exists()


FORGED_INVITATIONS = {
    "another link": "UPDATE access_invitation SET token_hash = %s WHERE id = %s",
    "made for another": "UPDATE access_invitation SET token_hash = %s, user_id = (SELECT id FROM access_user"
    " WHERE username = 'victim') WHERE id = %s",
    "open again": "UPDATE access_invitation SET used_at = NULL, token_hash = %s WHERE id = %s",
    "longer": "UPDATE access_invitation SET expires_at = '2099-01-01 00:00:00+00:00', token_hash = %s WHERE id = %s",
}


@pytest.mark.parametrize("statement", FORGED_INVITATIONS.values(), ids=FORGED_INVITATIONS)
def test_an_invitation_made_without_a_key_sets_no_password(scene: Scene, client: Client, statement: str) -> None:
    """Its link is the thief's own: with `used_at`, the very link that worked once."""
    make_user("worker", username="victim", password=PASSWORD, unit=scene.unit)
    made, token = Invitation.issue(user=scene.worker, made_by=None)
    address, chosen = reverse("account_invitation", args=[token]), {"new_password1": OTHER, "new_password2": OTHER}
    if "used_at" in statement:
        assert client.post(address, chosen).status_code == 302
    else:
        assert client.get(address).status_code == 200
    stored = list(User.objects.order_by("pk").values_list("password", flat=True))
    if "expires_at" in statement:
        Invitation.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert names() == set()
    thiefs = token if "used_at" in statement or "expires_at" in statement else "a-link-of-the-thief"
    write(statement, Invitation.hash_of(thiefs), made.pk)
    address = reverse("account_invitation", args=[thiefs])
    assert client.get(address).status_code == 410
    assert client.post(address, chosen).status_code == 410
    assert list(User.objects.order_by("pk").values_list("password", flat=True)) == stored
    assert names() == {f"invitation {made.pk}: broken"}
    # A new one ends it, and covers up nothing.
    _made, again = Invitation.issue(user=scene.worker, made_by=None)
    Invitation.objects.open().filter(pk=made.pk).update(revoked_at=timezone.now())
    assert client.get(reverse("account_invitation", args=[again])).status_code == 200
    assert names() == {f"invitation {made.pk}: broken"}


def test_a_key_put_into_the_database_lets_nobody_in(scene: Scene) -> None:
    person = make_user("worker", username="person", password=PASSWORD, unit=scene.unit)
    client = Client()
    write(
        "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'recovery_codes', %s, %s)",
        *(person.pk, '{"seed": "sealed:none", "used_mask": 0}', timezone.now()),
    )
    client.post(reverse("account_login"), {"login": "person", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_an_older_row_put_back_with_its_older_seal_is_named(officer: Contact) -> None:
    old = Contact.objects.filter(pk=officer.pk).values("email", "seal").get()
    officer.email = "new@example.org"
    officer.save()
    write("UPDATE directory_contact SET email = %s, seal = %s WHERE id = %s", old["email"], old["seal"], officer.pk)
    assert not find_broken(Contact, [officer.pk]), "the seal is a true one"
    assert names() == {f"contact {officer.pk}: older"}


def test_a_row_that_is_gone_is_named_unless_the_service_deleted_it(scene: Scene, officer: Contact) -> None:
    ways = [ContactWay.objects.create(contact=officer, channel="sms", address=f"+35569000000{n}") for n in range(3)]
    ways[0].delete()
    ContactWay.objects.filter(pk=ways[1].pk).delete()
    assert names() == set()
    write("DELETE FROM directory_contactway WHERE id = %s", ways[2].pk)
    assert {each.why for each in find_unexplained()} == {"gone"}


def test_a_published_form_changed_below_its_guards_is_named(scene: Scene) -> None:
    for statement in FORM_VERSIONS.undo_sql(connection.vendor):
        write(statement)
    version = scene.form
    write(
        "UPDATE builder_formversion SET canonical = replace(canonical, '\"police\"', '\"school\"') WHERE id = %s",
        version.pk,
    )
    write(
        "INSERT INTO builder_formversion (form_id, number, canonical, sha256, published_at)"
        " SELECT form_id, 99, canonical, sha256, published_at FROM builder_formversion WHERE id = %s",
        version.pk,
    )
    added = type(version).objects.get(number=99)
    assert names() == {f"formversion {version.pk}: broken", f"formversion {added.pk}: unknown"}


CHANGES: dict[str, Callable[[Contact], Any]] = {
    "save": lambda contact: (setattr(contact, "email", "b@example.org"), contact.save()),
    "a part of it": lambda contact: (setattr(contact, "phone", "1"), contact.save(update_fields=["phone"])),
    "stale": lambda contact: (
        Contact.objects.filter(pk=contact.pk).update(email="c@example.org"),
        setattr(contact, "phone", "2"),
        contact.save(update_fields=["phone"]),
    ),
    "update": lambda contact: Contact.objects.filter(pk=contact.pk).update(reachable_at=timezone.now()),
    "through its office": lambda contact: contact.partner.contacts.update(is_active=False),
    "bulk": lambda contact: (
        setattr(contact, "email", "d@example.org"),
        Contact.objects.bulk_update([contact], ["email"]),
    ),
    "none": lambda contact: (setattr(contact, "name", "Somebody else"), contact.save(update_fields=["name"])),
    "with none": lambda contact: Contact.objects.filter(pk=contact.pk).update(name="X"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_way_of_changing_a_row_in_the_service_keeps_its_seal(
    officer: Contact, change: Callable[[Contact], Any]
) -> None:
    change(officer)
    assert names() == set()


@pytest.mark.parametrize("change", [CHANGES["a part of it"], CHANGES["update"], CHANGES["bulk"]])
def test_an_honest_change_afterwards_covers_up_nothing(officer: Contact, change: Callable[[Contact], Any]) -> None:
    write("UPDATE directory_contact SET pin_hash = 'forged' WHERE id = %s", officer.pk)
    change(Contact.objects.get(pk=officer.pk))
    assert names() == {f"contact {officer.pk}: broken"}


REQUESTS = {
    "role": (RoleRequest, {"role": "auditor", "starts_on": date(2026, 1, 1)}, decide_role),
    "address": (AddressChange, {"email": "new@example.org"}, decide_address),
    "factor": (FactorReset, {}, lambda asked, **how: decide_reset(reset=asked, **how)),
    "sessions": (SessionEnd, {}, decide_session_end),
}
ASKED = {
    "somebody else asked": "asked_by_id = {}",
    "made by hand": "seal = ''",
}


@pytest.mark.parametrize("change", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize(("model", "values", "decide"), REQUESTS.values(), ids=REQUESTS)
def test_who_asked_for_something_of_an_account_does_not_agree_by_writing_another_there(
    scene: Scene, model: type[TwoPeople], values: dict[str, Any], decide: Callable[..., None], change: str
) -> None:
    asks, other = make_user(StaffRole.OPERATOR), make_user(StaffRole.OPERATOR)
    someone = make_user(StaffRole.AUDITOR)
    asked = model.objects.create(user=scene.worker, asked_by=asks, **values)
    assert names() == set()
    write(f"UPDATE {model._meta.db_table} SET {change.format(someone.pk)} WHERE id = %s", asked.pk)  # noqa: S608
    forged = model.objects.get(pk=asked.pk)
    for by in (asks, other):
        if by.pk != forged.asked_by_id:
            with pytest.raises(ValidationError, match="isn't as it was made"), override("en"):
                decide(asked=forged, approve=True, by=by)
    assert model.objects.waiting().filter(pk=asked.pk).exists()
    decide(asked=forged, approve=False, by=other)
    assert model.objects.get(pk=asked.pk).is_approved is False
    assert names() == {f"{model._meta.model_name} {asked.pk}: broken"}


def test_what_an_earlier_release_left_is_sealed_once(scene: Scene, officer: Contact) -> None:
    write("UPDATE directory_contact SET seal = ''")
    assert seal_first() == 0, "it was done"
    assert f"contact {officer.pk}: broken" in names()
    entry = AuditEntry.objects.get(action="row.sealed_first")
    assert entry.detail["formversion"] == max(scene.form.pk, scene.follow_up.pk)


def test_a_kind_that_is_sealed_later_is_sealed_at_its_own_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_scene().worker
    earlier = [model for model in get_models() if model is not Invitation]
    with monkeypatch.context() as before:
        before.setattr("audit.sealed_rows.get_models", lambda: earlier)
        seal_first()
    made, token = Invitation.issue(user=user, made_by=None)
    write("UPDATE access_invitation SET seal = ''")
    assert Invitation.objects.find_open(token) is None
    assert seal_first() == 1
    assert Invitation.objects.find_open(token) == made
    assert seal_first() == 0
    assert names() == set()
    entries = AuditEntry.objects.filter(action="row.sealed_first").order_by("number")
    assert [sorted(entry.detail) for entry in entries[1:]] == [["invitation"]]


def test_an_operator_names_them_and_accepts_one_which_is_recorded(officer: Contact, capsys: Any) -> None:
    call_command("seal_rows")
    assert "as the record says" in capsys.readouterr().out
    write(FORGED["email"], officer.pk)
    with pytest.raises(CommandError, match="1"):
        call_command("seal_rows")
    assert f"contact {officer.pk}: broken" in capsys.readouterr().out
    call_command("seal_rows", "contact", str(officer.pk))
    assert names() == set()
    assert AuditEntry.objects.get(action="row.accepted").target_id == str(officer.pk)
    for words in (("contact", "0"), ("formversion", "1"), ("contact", str(officer.pk))):
        with pytest.raises(CommandError):
            call_command("seal_rows", *words)


def test_the_watch_names_it_within_the_hour_and_mails_operators_and_keepers(
    officer: Contact, mailoutbox: list[Any]
) -> None:
    make_user("operator", username="op", email="op@example.org")
    chain_watch.each_minute()
    assert Heartbeat.objects.get(part=chain_watch.CHAIN).facts["rows"] == 0
    write(FORGED["email"], officer.pk)
    beat = Heartbeat.objects.get(part=chain_watch.CHAIN)
    beat.facts["rows_at"] = (timezone.now() - timedelta(minutes=61)).isoformat()
    beat.save()
    chain_watch.each_minute()
    facts = Heartbeat.objects.get(part=chain_watch.CHAIN).facts
    assert facts["rows_first"] == [f"contact {officer.pk}: broken"]
    (mail,) = [each for each in mailoutbox if f"contact {officer.pk}: broken" in each.body]
    assert mail.to == ["op@example.org"]
    assert "thief" not in mail.body


def test_each_sealed_model_asks_for_its_seal_wherever_rows_are_written() -> None:
    """A manager of another kind would write rows past their seal."""
    assert {model._meta.model_name for model in get_models()} == {
        "addresschange",
        "assignment",
        "contact",
        "contactway",
        "factorreset",
        "factorseal",
        "fieldtoken",
        "invitation",
        "rolerequest",
        "sessionend",
    }
    for model in get_models():
        assert isinstance(model._base_manager.all(), type(model._default_manager.all()))
        assert issubclass(model, SealedRow)
        attributes = {field.attname for field in model._meta.concrete_fields}
        assert set(model.SEALED) <= attributes
        assert model._meta.model_name in TARGETS, "the auditors' screen has words for it"
