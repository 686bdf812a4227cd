"""Second factors: sealed at rest, asked for before they change, counted for their session, mailed and recorded."""

import json
import time
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry

from ..forms import KEY_DOES_NOT_FIT
from ..models import FactorSecret, FieldToken, User
from ..sessions import factors
from .test_account_pages import NEW, PASSWORD, change, code_now, invitation_used, secret_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english", "committed")]


@pytest.fixture
def committed(monkeypatch):
    monkeypatch.setattr("django.db.transaction.on_commit", lambda deed, **_more: deed())


@pytest.fixture
def ana(person) -> User:
    user = person("worker", username="ana", email="ana@vatra.example", language="en")
    user.set_password(PASSWORD)
    user.save()
    return user


def signed_in(user: User, *, again: bool = True) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    if again:
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def enrol(client: Client, user: User) -> str:
    """Set up the app; the secret."""
    invitation_used(client, user)
    secret = secret_on(client.get(reverse("mfa_activate_totp")).content.decode())
    assert client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)}).status_code == 302
    cache.clear()  # the code was used up
    return secret


def with_code(client: Client, secret: str):
    cache.clear()
    return client.post(reverse("mfa_reauthenticate"), {"code": code_now(secret)})


def in_chain() -> list[str]:
    return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


# ---- at rest ----


def test_secrets_are_sealed_at_rest_and_work(ana):
    secret = enrol(signed_in(ana), ana)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        data = " ".join(str(row[0]) for row in cursor.fetchall())
        cursor.execute("SELECT content FROM access_factorsecret")
        sealed = " ".join(row[0] for row in cursor.fetchall())
    assert secret not in data + sealed
    assert data.count(factors.PREFIX) == 2, "the app's and that of the recovery codes"
    totp = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert TOTP(totp).validate_code(code_now(secret))


def test_a_secret_put_in_clear_into_the_database_opens_nothing(ana):
    mine = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    row = Authenticator.objects.create(user=ana, type=Authenticator.Type.TOTP, data={"secret": mine})
    assert not TOTP(row).validate_code(code_now(mine))
    row.data = {"secret": "sealed:00000000-0000-4000-8000-000000000000"}
    assert not TOTP(row).validate_code(code_now(mine))
    row.data = {"secret": "sealed:no uuid"}
    assert not TOTP(row).validate_code(code_now(mine))


def test_secrets_that_stand_in_clear_are_sealed_by_the_migration_and_go_on_working(ana):
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    Authenticator.objects.create(user=ana, type=Authenticator.Type.TOTP, data={"secret": secret})
    Authenticator.objects.create(
        user=ana, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "abc123", "used_mask": 5}
    )
    migration = import_module("access.migrations.earlier.0005_seal_factors")
    migration.seal(apps, None)
    migration.seal(apps, None)  # again: nothing is sealed twice
    rows = {row.type: row for row in Authenticator.objects.all()}
    assert "JBSW" not in json.dumps([row.data for row in rows.values()])
    assert rows["recovery_codes"].data["used_mask"] == 5
    assert factors.open_secret(rows["recovery_codes"].data["seed"]) == "abc123"
    assert TOTP(rows["totp"]).validate_code(code_now(secret))
    migration.unseal(apps, None)
    assert Authenticator.objects.get(type="totp").data["secret"] == secret


def test_a_removed_factor_leaves_no_secret_behind(ana):
    enrol(signed_in(ana), ana)
    assert FactorSecret.objects.count() == 2
    Authenticator.objects.filter(user=ana).delete()
    assert FactorSecret.objects.count() == 0


# ---- the first one ----


def test_a_first_factor_needs_the_invitation(ana):
    client = signed_in(ana)
    for name in ("mfa_activate_totp", "mfa_add_webauthn"):
        assert client.get(reverse(name)).status_code == 403
        assert client.post(reverse(name), {"code": "123456"}).status_code == 403
    session = client.session
    session["access.invited"] = {"user": ana.pk, "at": int(time.time()) - 3700}
    session.save()
    assert client.get(reverse("mfa_activate_totp")).status_code == 403
    session["access.invited"] = {"user": ana.pk + 1, "at": int(time.time())}
    session.save()
    assert client.get(reverse("mfa_activate_totp")).status_code == 403


@pytest.mark.parametrize(("sandbox", "status"), [(True, 200), (False, 403)])
def test_being_marked_as_a_demo_account_replaces_the_invitation_only_where_they_exist(ana, settings, sandbox, status):
    settings.SANDBOX = sandbox
    User.objects.filter(pk=ana.pk).update(is_demo=True)
    client = signed_in(ana)
    for name in ("mfa_activate_totp", "mfa_add_webauthn"):
        assert client.get(reverse(name)).status_code == status


def test_whoever_removed_their_factor_sets_up_another_in_the_same_session(ana, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client = signed_in(ana)
    secret = enrol(client, ana)
    session = client.session
    del session["access.invited"]
    session.save()
    with_code(client, secret)
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=ana).exists()
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    assert client.get("/field/")["Location"] == reverse("mfa_index")


def test_a_first_factor_ends_the_sessions_from_before_it(ana):
    here, there = signed_in(ana), signed_in(ana)
    enrol(here, ana)
    assert here.get("/field/").status_code == 200
    assert there.get("/field/").status_code == 302


def test_a_session_that_gave_no_factor_is_none_where_one_is_required(ana, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    here = signed_in(ana)
    enrol(here, ana)
    assert here.get("/field/").status_code == 200
    forged = Client()
    forged.force_login(User.objects.get(pk=ana.pk))
    assert forged.get("/field/")["Location"].startswith(reverse("account_login"))
    assert forged.get("/field/").status_code == 302


# ---- changing it ----


@pytest.mark.parametrize(
    "name", ["mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_add_webauthn"]
)
def test_the_password_alone_changes_nothing_of_a_factor(ana, name):
    first = signed_in(ana)
    secret = enrol(first, ana)
    client = Client()
    client.post(reverse("account_login"), {"login": "ana", "password": PASSWORD})
    cache.clear()
    assert client.post(reverse("mfa_authenticate"), {"code": code_now(secret)}).status_code == 302
    assert client.get(reverse(name))["Location"].startswith(reverse("mfa_reauthenticate"))
    by_password = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert by_password["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.get(reverse(name)).status_code == 302, "the password was given, and it isn't enough"
    with_code(client, secret)
    assert client.get(reverse(name)).status_code == 200


def test_each_change_is_recorded_and_mailed(ana):
    client = signed_in(ana)
    secret = enrol(client, ana)
    with_code(client, secret)
    client.get(reverse("mfa_view_recovery_codes"))
    client.post(reverse("mfa_generate_recovery_codes"))
    client.post(reverse("mfa_deactivate_totp"))
    change(client, PASSWORD, NEW)
    said = [str(letter.body) for letter in mail.outbox]
    assert {tuple(letter.to) for letter in mail.outbox} == {("ana@vatra.example",)}
    for words in (
        "factor was added",
        "codes of your account were shown",
        "New recovery codes",
        "removed",
        "password was",
    ):
        assert any(words in body for body in said), words
    assert [each for each in in_chain() if each.startswith("account.")] == [
        "account.signed_in",
        "account.factor_added",
        "account.factor_added",
        "account.recovery_codes_shown",
        "account.recovery_codes_made",
        "account.factor_removed",
        "account.factor_removed",
        "account.password_changed",
    ]
    assert secret not in " ".join(said) + str(list(AuditEntry.objects.values_list("detail", flat=True)))


# ---- in the chain ----


def test_signing_in_out_and_failing_stands_in_the_chain_by_id(ana):
    client = signed_in(ana, again=False)
    client.post(reverse("account_logout"))
    client.post(reverse("account_login"), {"login": "ANA", "password": "kanarina-wrong"})
    client.post(reverse("account_login"), {"login": "kanarina-name", "password": "x"})
    entries = AuditEntry.objects.filter(action__startswith="account.").order_by("number")
    found = list(entries.values_list("action", "actor_id", "target_id"))
    assert found == [
        ("account.signed_in", str(ana.pk), str(ana.pk)),
        ("account.signed_out", str(ana.pk), str(ana.pk)),
        ("account.sign_in_failed", "", str(ana.pk)),
        ("account.sign_in_failed", "", ""),
    ]
    assert "kanarina" not in str(list(AuditEntry.objects.values()))


def test_a_wrong_code_stands_in_the_chain(ana):
    enrol(signed_in(ana), ana)
    client = Client()
    client.post(reverse("account_login"), {"login": "ana", "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert in_chain()[-1] == "account.factor_failed"
    client.post(reverse("mfa_authenticate"), {"credential": '{"x": 1}'})
    assert in_chain()[-2:] == ["account.factor_failed"] * 2


def test_a_key_that_does_not_fit_is_told_as_a_key(ana):
    enrol(signed_in(ana), ana)
    client = Client()
    client.post(reverse("account_login"), {"login": "ana", "password": PASSWORD})
    page = client.post(reverse("mfa_authenticate"), {"credential": '{"x": 1}'})
    assert page.status_code == 200
    assert page.context["webauthn_form"].errors["credential"].data[0].message == KEY_DOES_NOT_FIT


# ---- tokens of the field API ----


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def make_token(client: Client, scope: str = "read"):
    return client.post(reverse("account_tokens"), {"name": "My app", "scope": scope, "days": "30"})


def test_a_token_is_made_after_the_factor_and_shown_once(ana):
    client = signed_in(ana)
    assert make_token(client).context["made"] == ""
    assert not FieldToken.objects.exists(), "without a second factor there is none"
    secret = enrol(client, ana)
    fresh = Client()
    fresh.post(reverse("account_login"), {"login": "ana", "password": PASSWORD})
    cache.clear()
    fresh.post(reverse("mfa_authenticate"), {"code": code_now(secret)})
    assert make_token(fresh).status_code == 302, "the factor is asked for first"
    with_code(fresh, secret)
    made = make_token(fresh).context["made"]
    assert FieldToken.holder_of(made) == ana
    listed = fresh.get(reverse("account_tokens")).content.decode()
    assert "My app" in listed
    assert made not in listed
    assert "An access token" in str(mail.outbox[-1].body)
    assert in_chain()[-1] == "field_token.issued"
    fresh.post(reverse("account_tokens"), {"end": FieldToken.objects.get().pk})
    assert FieldToken.holder_of(made) is None


def test_a_token_reaches_only_what_it_is_made_for(ana, client):
    read, send = FieldToken.issue(ana, scope="read"), FieldToken.issue(ana, scope="send")
    assert client.get("/api/field/v1/forms", headers=bearer(read)).status_code == 200
    assert client.get("/api/field/v1/forms", headers=bearer(send)).status_code == 200
    refused = client.post("/api/field/v1/submissions", "{}", content_type="application/json", headers=bearer(read))
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:vatra:problem:token-scope")
    assert client.get("/api/field/v1/cases/7K2M9Q", headers=bearer(send)).status_code == 403
    assert client.get("/api/field/v1/cases/7K2M9Q", headers=bearer(read)).status_code == 404
    assert FieldToken.objects.exclude(last_used_at=None).count() == 2


def test_tokens_end_with_the_password(ana):
    token = FieldToken.issue(ana)
    change(signed_in(ana), PASSWORD, NEW)
    assert FieldToken.holder_of(token) is None


def test_nobody_ends_anothers_token(ana, person):
    FieldToken.issue(ana)
    other = person("worker", username="besa")
    other.set_password(PASSWORD)
    other.save()
    answer = signed_in(other).post(reverse("account_tokens"), {"end": FieldToken.objects.get().pk})
    assert answer.status_code == 404
    assert FieldToken.objects.get().revoked_at is None
