"""The second factor, the password and the menu around them: what each page says, and after a mistake."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.urls import reverse

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-pass-phrase"
NEW = "another-long-pass-phrase"


@pytest.fixture
def signed_in(client, person):
    """signed_in("worker"): the client, as somebody with this role who has just written the password twice, in the
    session in which they used their invitation."""

    def sign(role: str = "worker", language: str = "en", *, invited: bool = True):
        user = person(role, admin=True, language=language)
        user.set_password(PASSWORD)
        user.save()
        client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        if invited:
            invitation_used(client, user)
        return client

    return sign


def invitation_used(client, user) -> None:
    session = client.session
    session["access.invited"] = {"user": user.pk, "at": int(time.time())}
    session.save()


def change(client, old: str, new: str, again: str = ""):
    return client.post(
        reverse("account_change_password"), {"oldpassword": old, "password1": new, "password2": again or new}
    )


def secret_on(html: str) -> str:
    shown = html.split('id="authenticator_secret">')[1].split("</p>")[0]
    return "".join(re.findall(r"<span>(\w{1,4})</span>", shown))


def code_now(secret: str) -> str:
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))  # the one of now


def test_a_changed_password_is_said_to_be_changed(signed_in):
    client = signed_in()
    answer = change(client, PASSWORD, NEW)
    assert "The new password applies from now on" in client.get(answer.url).content.decode()
    assert "applies from now on" not in client.get(reverse("account_change_password")).content.decode()


def test_after_a_mistake_the_title_says_so_and_the_summary_has_the_focus(signed_in):
    html = change(signed_in(), "wrong", NEW).content.decode()
    assert "<title>Error: Change password" in html
    assert re.search(r'class="error-summary"[^>]* autofocus', html)
    assert "applies from now on" not in html


def test_a_short_password_is_refused_in_albanian_too(signed_in):
    html = change(signed_in(language="sq"), PASSWORD, "shkurt-7").content.decode()
    assert "This password" not in html
    assert "të paktën 12 shenja" in html


def test_no_field_looks_filled_before_it_is(signed_in):
    client = signed_in()
    for name in ("account_change_password", "account_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn"):
        html = client.get(reverse(name)).content.decode()
        assert "<form" in html, name
        assert "placeholder=" not in html, name


def test_the_secret_is_written_in_fours_and_its_code_switches_the_app_on(signed_in):
    client = signed_in()
    address = reverse("mfa_activate_totp")
    secret = secret_on(client.get(address).content.decode())
    assert "This code isn&#x27;t right" in client.post(address, {"code": "000000"}).content.decode()
    assert client.post(address, {"code": code_now(secret)}).status_code == 302
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).count() == 1


def test_a_key_s_name_is_asked_for_in_the_page_s_language(signed_in):
    html = signed_in(language="sq").get(reverse("mfa_add_webauthn")).content.decode()
    assert ">Name<" not in html
    assert "Emri i çelësit" in html


def test_a_key_is_offered_as_the_second_step_only_to_who_has_one(signed_in, client):
    signed_in()
    address = reverse("mfa_activate_totp")
    secret = secret_on(client.get(address).content.decode())
    client.post(address, {"code": code_now(secret)})
    username = Authenticator.objects.first().user.username
    client.post(reverse("account_logout"))
    client.post(reverse("account_login"), {"login": username, "password": PASSWORD})
    html = client.get(reverse("mfa_authenticate")).content.decode()
    assert 'name="code"' in html
    assert "mfa_webauthn_authenticate" not in html


def test_a_failing_key_is_told_in_words(signed_in):
    html = signed_in().get(reverse("mfa_add_webauthn")).content.decode()
    assert re.search(r'id="key-failed" role="alert" hidden', html)
    assert "js/keys" in html


@pytest.mark.parametrize(
    ("role", "there", "not_there"),
    [
        ("worker", ["/field/", "/field/sessions/", "/field/signals/"], ["/cms/"]),
        ("coordinator", ["/field/", "/field/sessions/", "/cms/"], ["/sandbox/"]),
        ("editor", ["/cms/"], ["/field/", "/field/sessions/", "/field/signals/"]),
        ("operator", ["/cms/"], ["/field/", "/field/sessions/", "/field/signals/"]),
    ],
)
def test_the_menu_leads_nobody_to_a_page_that_is_not_theirs(signed_in, role, there, not_there):
    html = signed_in(role).get(reverse("mfa_index")).content.decode()
    links = set(re.findall(r'class="menu-line" href="([^"]+)"', html))
    assert set(there) <= links
    assert not links & set(not_there)
