"""Accounts, roles, invitations, sessions, PINs, factors and tokens."""

from secrets import token_bytes, token_urlsafe
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from access.models import (
    FactorReset,
    FieldToken,
    Invitation,
    MobileUnit,
    Region,
    RoleRequest,
    SessionEnd,
    StaffRole,
    User,
)
from access.sessions.duress import call_for_help
from access.sessions.models import DuressAlarm, StaffSession
from access.staff.models import AddressChange
from access.staff.people import get_managed_people
from access.tests.test_account_pages import code_now
from notifications.channels import vapid
from notifications.directory.models import StaffPhone

from .acts import act, each_of
from .day import PASSWORD, Day, in_days, on
from .staff import Staff

PIN = "830274"


def person(day: Day, role: str, **more: Any) -> dict[str, Any]:
    name = f"kanarina{day.number()}"
    return {
        "first_name": "Kanarina", "last_name": "Zogu", "username": name, "email": f"{name}@kanarina.example",
        "language": "en", "role": role, "starts_on": on(in_days(0)), "ends_on": "", **more,
    }  # fmt: skip


def where(role: str) -> dict[str, Any]:
    if role == StaffRole.WORKER:
        return {"unit": MobileUnit.objects.get(slug="vlore").pk}
    return {"regions": [Region.objects.get(slug="vlore").pk]} if role == StaffRole.COORDINATOR else {}


@each_of(StaffRole.values)
def _people(role: str) -> None:
    @act("account.made", "operator", "staff:add")
    def make_an_account(day: Day, me: Staff) -> Any:
        given = person(day, role, **where(role))
        me.post("staff:add", **given)
        return User.objects.get(username=given["username"])

    @act("account.role_asked", "operator", "staff:give_role")
    def ask_for_a_role(day: Day, me: Staff) -> Any:
        other = day.colleague(StaffRole.EDITOR if role != StaffRole.EDITOR else StaffRole.WORKER).user
        me.post("staff:give_role", other.pk, role=role, starts_on=on(in_days(0)), ends_on="", **where(role))
        return other

    for decision, word in (("agree", "agreed"), ("refuse", "refused")):

        @act(f"account.role_{word}", "operator2", "by_two:role")
        def decide_a_role(day: Day, me: Staff, decision: str = decision) -> Any:
            given = person(day, role, **where(role))
            day.operator.post("staff:add", **given)
            made = User.objects.get(username=given["username"])
            me.post("by_two:role", RoleRequest.objects.get(user=made).pk, decision=decision)
            return made


@act("account.role_given", "operator", "staff:give_role")
def move_to_another_unit(day: Day, me: Staff) -> Any:
    other = day.colleague().user
    region = MobileUnit.objects.get(slug="vlore").region
    unit = MobileUnit.objects.create(slug=f"njesi-{day.number()}", name="Kanarina", region=region)
    me.post("staff:give_role", other.pk, role="worker", unit=unit.pk, starts_on=on(in_days(1)), ends_on="")
    return other


@act("account.role_ended", "operator", "staff:end_role")
def end_a_role(day: Day, me: Staff) -> Any:
    other = day.colleague().user
    me.post("staff:end_role", other.pk, other.assignments.get().pk, last_day=on(in_days(3)))
    return other


@act("account.changed", "operator", "staff:change")
def change_a_name(day: Day, me: Staff) -> Any:
    other = day.colleague().user
    me.fill("staff:change", other.pk, last_name="Kanarina-Zogu")
    return other


@act("account.address_asked", "operator", "staff:change")
def ask_for_another_address(day: Day, me: Staff) -> Any:
    other = day.colleague().user
    me.fill("staff:change", other.pk, email=f"kanarina-e-re{day.number()}@kanarina.example")
    return other


@each_of(("agree", "refuse"))
def _addresses(decision: str) -> None:
    word = "agreed" if decision == "agree" else "refused"

    @act(f"account.address_{word}", "operator2", "by_two:address")
    def decide_an_address(day: Day, me: Staff) -> Any:
        other = ask_for_another_address(day, day.operator)
        me.post("by_two:address", AddressChange.objects.waiting().get(user=other).pk, decision=decision)
        return other

    @act(f"account.factor_reset_{word}", "operator2", "factor_resets:decide")
    def decide_a_reset(day: Day, me: Staff) -> Any:
        other = ask_for_a_reset(day, day.operator)
        me.post("factor_resets:decide", FactorReset.objects.waiting().get(user=other).pk, decision=decision)
        return other

    @act(f"session.end_{word}", "operator2", "by_two:session_end")
    def decide_about_sessions(day: Day, me: Staff) -> Any:
        other = ask_to_end_sessions(day, day.operator)
        me.post("by_two:session_end", SessionEnd.objects.waiting().get(user=other).pk, decision=decision)
        return other


@act("account.shut", "operator", "staff:shut")
def shut_an_account(day: Day, me: Staff) -> Any:
    other = day.colleague().user
    me.post("staff:shut", other.pk)
    return other


@act("account.opened_again", "operator", "staff:open_again")
def open_an_account_again(day: Day, me: Staff) -> Any:
    other = shut_an_account(day, me)
    me.post("staff:open_again", other.pk)
    return other


@act("account.invited", "operator", "staff:invite")
def invite(day: Day, me: Staff) -> Any:
    other = day.colleague().user
    me.post("staff:invite", other.pk)
    return other


@each_of(("operator", "coordinator"))
def _resets(who: str) -> None:
    @act("account.factor_reset_asked", who, "factor_resets:ask")
    def ask_for_a_reset_as(day: Day, me: Staff) -> Any:
        return ask_for_a_reset(day, me)


def ask_for_a_reset(day: Day, me: Staff) -> User:
    other = day.colleague().user
    TOTP.activate(other, "JBSWY3DPEHPK3PXP")
    assert get_managed_people(me.user).filter(pk=other.pk).exists()
    me.post("factor_resets:ask", other.pk)
    return other


@act("session.end_asked", "operator", "staff:end_sessions")
def ask_to_end_sessions(day: Day, me: Staff) -> Any:
    other = day.colleague().user
    me.post("staff:end_sessions", other.pk)
    return other


# ---- one's own ----


def signed_in(day: Day) -> Staff:
    """A worker who has just typed their password."""
    me = day.colleague()
    me.client.logout()
    me.send(reverse("account_login"), login=me.user.username, password=PASSWORD)
    me.send(reverse("account_reauthenticate"), password=PASSWORD)
    return me


def with_app(day: Day) -> Staff:
    """The same, with an app for codes, given in this session."""
    me = signed_in(day)
    TOTP.activate(me.user, "JBSWY3DPEHPK3PXP")
    me.client.logout()
    me.send(reverse("account_login"), login=me.user.username, password=PASSWORD)
    for route in ("mfa_authenticate", "mfa_reauthenticate"):
        cache.clear()  # a code is used once
        me.send(reverse(route), code=code_now("JBSWY3DPEHPK3PXP"))
    return me


@act("account.signed_in", "themselves", "account_login")
def sign_in(day: Day, me: None) -> Any:
    return signed_in(day)


@act("account.signed_out", "themselves", "account_logout")
def sign_out(day: Day, me: None) -> Any:
    mine = signed_in(day)
    mine.post("account_logout")
    return mine


@act("account.signed_out", "themselves", "wagtailadmin_logout")
def sign_out_of_the_admin(day: Day, me: None) -> Any:
    mine = day.colleague(StaffRole.EDITOR)
    mine.post("wagtailadmin_logout")
    return mine


@act("account.password_changed", "themselves", "account_change_password")
def change_the_password(day: Day, me: None) -> Any:
    mine = signed_in(day)
    new = PASSWORD + "-new"
    mine.post("account_change_password", oldpassword=PASSWORD, password1=new, password2=new)
    return mine


@act("account.password_set", "themselves", "account_invitation")
def accept_an_invitation(day: Day, me: None) -> Any:
    mine = day.colleague()
    _invitation, token = Invitation.issue(user=mine.user, made_by=day.operator.user)
    mine.client.logout()
    mine.post("account_invitation", token, new_password1=PASSWORD + "1", new_password2=PASSWORD + "1")
    return mine


@act("session.ended", "themselves", "account_end_session")
def end_one_session(day: Day, me: None) -> Any:
    mine = signed_in(day)
    other = StaffSession.objects.create(user=mine.user, started_at=timezone.now(), seen_at=timezone.now())
    mine.post("account_end_session", session=str(other.pk))
    return mine


@act("session.ended_all", "themselves", "account_end_session")
def end_all_other_sessions(day: Day, me: None) -> Any:
    mine = signed_in(day)
    mine.post("account_end_session", session="others")
    return mine


@act("account.pin_set", "themselves", "account_pin")
def set_a_pin(day: Day, me: None) -> Any:
    mine = with_app(day)
    mine.fill("account_pin", pin=PIN, pin_again=PIN)
    return mine


@act("account.pin_removed", "themselves", "account_pin")
def remove_the_pin(day: Day, me: None) -> Any:
    mine = set_a_pin(day, None)
    mine.post("account_pin", remove="yes")
    return mine


@act("session.locked", "themselves", "account_lock")
def lock_the_session(day: Day, me: None) -> Any:
    mine = set_a_pin(day, None)
    mine.post("account_lock")
    return mine


@act("session.unlocked", "themselves", "account_unlock")
def unlock_the_session(day: Day, me: None) -> Any:
    mine = lock_the_session(day, None)
    mine.post("account_unlock", pin=PIN)
    return mine


@act("session.duress_seen", "coordinator", "account_calls")
def see_to_a_call(day: Day, me: Staff) -> Any:
    other = day.colleague().user
    call_for_help(other)
    me.post("account_calls", seen=DuressAlarm.objects.get(user=other).pk)
    return other


@act("account.factor_added", "themselves", "mfa_activate_totp")
def add_an_app(day: Day, me: None) -> Any:
    mine = invited(day)
    page = mine.client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200, page
    mine.post("mfa_activate_totp", code=code_now(page.context["form"].secret))
    return mine


def invited(day: Day) -> Staff:
    """Somebody who has just accepted an invitation and signed in: the first factor needs one."""
    mine = day.colleague()
    _invitation, token = Invitation.issue(user=mine.user, made_by=day.operator.user)
    mine.client.logout()
    mine.post("account_invitation", token, new_password1=PASSWORD + "1", new_password2=PASSWORD + "1")
    mine.send(reverse("account_login"), login=mine.user.username, password=PASSWORD + "1")
    mine.send(reverse("account_reauthenticate"), password=PASSWORD + "1")
    return mine


@act("account.factor_removed", "themselves", "mfa_deactivate_totp")
def remove_the_app(day: Day, me: None) -> Any:
    mine = with_app(day)
    mine.post("mfa_deactivate_totp")
    return mine


@act("account.recovery_codes_made", "themselves", "mfa_generate_recovery_codes")
def make_recovery_codes(day: Day, me: None) -> Any:
    mine = with_app(day)
    RecoveryCodes.activate(mine.user)
    mine.post("mfa_generate_recovery_codes")
    return mine


@act("account.recovery_codes_shown", "themselves", "mfa_view_recovery_codes")
def look_at_recovery_codes(day: Day, me: None) -> Any:
    mine = with_app(day)
    RecoveryCodes.activate(mine.user)
    mine.send(reverse("mfa_view_recovery_codes"), "get")
    return mine


@act("account.factor_renamed", "themselves", "mfa_edit_webauthn")
def rename_a_key(day: Day, me: None) -> Any:
    mine = with_app(day)
    mine.post("mfa_edit_webauthn", get_a_key(mine).pk, name="Kanarina")
    return mine


@act("account.factor_removed", "themselves", "mfa_remove_webauthn")
def remove_a_key(day: Day, me: None) -> Any:
    mine = with_app(day)
    mine.post("mfa_remove_webauthn", get_a_key(mine).pk)
    return mine


def get_a_key(mine: Staff) -> Authenticator:
    data = {"name": "Kanarina", "credential": {}, "passwordless": False}
    return Authenticator.objects.create(user=mine.user, type=Authenticator.Type.WEBAUTHN, data=data)


@act("field_token.issued", "themselves", "account_tokens")
def make_a_token(day: Day, me: None) -> Any:
    mine = with_app(day)
    mine.fill("account_tokens", name="Kanarina", days="30", scope="send")
    return mine


@act("field_token.ended", "themselves", "account_tokens")
def end_a_token(day: Day, me: None) -> Any:
    mine = make_a_token(day, None)
    mine.post("account_tokens", end=FieldToken.objects.get(user=mine.user).pk)
    return mine


def subscription() -> dict[str, str]:
    """What a browser gives of itself so that it can be woken."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    endpoint = f"https://push.example/{token_urlsafe(16)}"
    return {"endpoint": endpoint, "p256dh": vapid.encode(point), "auth": vapid.encode(token_bytes(16))}


@act("push.phone_added", "themselves", "account_phones")
def add_a_phone_that_wakes_me(day: Day, me: None) -> Any:
    mine = with_app(day)
    mine.post("account_phones", do="add", name="Kanarina", **subscription())
    return mine


@act("push.phone_ended", "themselves", "account_phones")
def end_a_phone_that_wakes_me(day: Day, me: None) -> Any:
    mine = add_a_phone_that_wakes_me(day, None)
    mine.post("account_phones", do="end", phone=StaffPhone.objects.get(user=mine.user).pk)
    return mine


@act("cms.edit", "editor", "wagtailadmin_account")
def change_ones_own_settings(day: Day, me: Staff) -> Any:
    me.fill("wagtailadmin_account", **{"name_email-first_name": "Kanarina"})
    return me.user
