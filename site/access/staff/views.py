"""Staff screens of the admin: people and their work for operators, lost second factors for all managers.

The policy table lets operators in (`cms/staff/`) and managers (`cms/factor-resets/`); each action checks further.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.chain import get_actor
from audit.denials import record_denial

from ..languages import DEFAULT_LANGUAGE
from ..models import Assignment, MobileUnit, Region, StaffRole, User
from ..scoping import get_signed_in_user
from . import actions, decisions, roles
from .forms import LastDayForm, PersonForm, RoleForm
from .models import FactorReset, RoleRequest
from .people import Account, get_managed_people, get_people_with_state, list_roles_on

PAGE = 50


def people(request: HttpRequest) -> HttpResponse:
    """List everybody with an account, by name; searched by name or address, filtered by role, place and state."""
    found = get_people_with_state().prefetch_related("assignments__unit", "assignments__region")
    wanted = {name: request.GET.get(name, "") for name in ("q", "role", "unit", "region", "state")}
    # Five words at most: each one adds four LIKE conditions.
    for word in wanted["q"].split()[:5]:
        found = found.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(username__icontains=word)
            | Q(email__icontains=word)
        )  # fmt: skip
    now = Assignment.objects.current()
    if wanted["role"] in StaffRole.values:
        found = found.filter(pk__in=now.filter(role=wanted["role"]).values("user"))
    if wanted["unit"]:
        found = found.filter(pk__in=now.filter(unit__slug=wanted["unit"]).values("user"))
    if wanted["region"]:
        near = now.filter(Q(region__slug=wanted["region"]) | Q(unit__region__slug=wanted["region"]))
        found = found.filter(pk__in=near.values("user"))
    states = {
        "active": Q(is_active=True, pk__in=now.values("user")),
        "without": Q(is_active=True) & ~Q(pk__in=now.values("user")),
        "shut": Q(is_active=False),
    }
    found = found.filter(states.get(wanted["state"], Q()))
    page = Paginator(found.order_by("last_name", "first_name", "username"), PAGE).get_page(request.GET.get("p"))
    for user in page.object_list:
        user.work_today = list_roles_on(timezone.localdate(), user.assignments.all())  # type: ignore[attr-defined]
    return render(
        request,
        "access/admin/people.html",
        {
            "page": page,
            "wanted": wanted,
            "roles": StaffRole.choices,
            "units": MobileUnit.objects.all(),
            "regions": Region.objects.all(),
            "kept": request.GET.urlencode() and "&".join(f"{k}={v}" for k, v in wanted.items() if v),
        },
    )


def add(request: HttpRequest) -> HttpResponse:
    """Create a person with a role, and invite them by mail."""
    person = PersonForm(request.POST or None, initial={"language": DEFAULT_LANGUAGE})
    role = RoleForm(request.POST or None)
    # `&`, not `and`: both forms show their errors at once.
    if request.method == "POST" and person.is_valid() & role.is_valid():
        try:
            actions.create_account(user=person.save(commit=False), by=get_signed_in_user(request), **role.given())
        except ValidationError as error:
            role.add_error(None, error)
        # Somebody else took the name between the form's check and the insert.
        except IntegrityError:
            person.add_error("username", _("Somebody else already signs in with this name."))
        else:
            if person.instance.rolerequests.exists():
                messages.warning(request, get_waiting_message())
            else:
                _show_mail_result(request, person.instance)
            return redirect("staff:person", person.instance.pk)
    return render(
        request,
        "access/admin/person_new.html",
        {"person": person, "role": role, "both": get_fields_with_errors(person, role)},
    )


def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one account: work, invitation, second factor, and what can be done."""
    user = get_object_or_404(User, pk=pk)
    return render(
        request,
        "access/admin/person.html",
        {"account": Account(user), "today": timezone.localdate(), "is_me": user.pk == request.user.pk},
    )


def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a person's name, address and language."""
    user = get_object_or_404(User, pk=pk)
    old_email = user.email
    form = PersonForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        if form.changed_data:
            actions.change_person(
                user=user, changed=form.changed_data, old_email=old_email, by=get_signed_in_user(request)
            )
            # The action has set the address back: it waits for a second person.
            if "email" in form.changed_data and user.email == old_email:
                messages.warning(request, _("The address changes once another keeper has agreed. The rest is saved."))
            else:
                messages.success(request, _("Saved."))
        return redirect("staff:person", pk)
    return _form_page(request, form, user, title=_("Name and address"), submit=_("Save"))


def give_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give another role, another unit or another region, from a day on."""
    user = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = roles.give_role(user=user, by=get_signed_in_user(request), **form.given())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if isinstance(given, RoleRequest):
                messages.warning(request, get_waiting_message())
            else:
                messages.success(request, _("Saved. It applies from the first day on."))
            return redirect("staff:person", pk)
    return _form_page(request, form, user, title=_("A role, or another unit"), submit=_("Save"))


def end_role(request: HttpRequest, pk: int, assignment: int) -> HttpResponse:
    """End a role with a day."""
    user = get_object_or_404(User, pk=pk)
    held = get_object_or_404(user.assignments.select_related("unit", "region"), pk=assignment)
    form = LastDayForm(request.POST or None, assignment=held)
    if request.method == "POST" and form.is_valid():
        try:
            last_day, me = form.cleaned_data["last_day"], get_signed_in_user(request)
            waits = roles.end_role(assignment=held, last_day=last_day, by=me)
        except ValidationError as error:
            form.add_error("last_day", error)
        else:
            if waits:
                messages.warning(request, get_end_message())
            else:
                messages.success(request, _("Saved. The role ends with that day."))
            return redirect("staff:person", pk)
    where = f"{held.get_role_display()} · {held.unit or held.region or ''}".rstrip(" ·")
    return _form_page(request, form, user, title=_("End a role: %(role)s") % {"role": where}, submit=_("End it"))


def shut(request: HttpRequest, pk: int) -> HttpResponse:
    """Shut the account at once, after a page that asks for confirmation."""
    user = get_object_or_404(User, pk=pk)

    def close() -> None:
        if actions.close_account(user=user, by=get_signed_in_user(request)):
            messages.warning(request, get_end_message())
        else:
            messages.success(request, _("The account is closed."))

    return _confirmed(
        request, user, close, title=_("Close this account now"), submit=_("Close it now"), is_serious=True, done="",
        words=_("Every session ends at once, and so do tokens and invitations. What this person wrote stays where it "
"is."),
    )  # fmt: skip


def open_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Reopen a shut account, after a page that asks for confirmation."""
    user = get_object_or_404(User, pk=pk)
    return _confirmed(
        request, user, lambda: actions.reopen_account(user=user, by=get_signed_in_user(request)),
        title=_("Reopen this account"), submit=_("Reopen it"),
        words=_("It then has no role and no password. Give a role, and send an invitation."),
        done=_("The account is open again."),
    )  # fmt: skip


def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an invitation, after a page that asks for confirmation."""
    user = get_object_or_404(User, pk=pk)

    def send() -> None:
        actions.invite(user=user, by=get_signed_in_user(request))
        _show_mail_result(request, user)

    return _confirmed(
        request, user, send, title=_("Send an invitation"), submit=_("Send it"), done="",
        words=_("The person gets a link by e-mail, with which they choose a password. Earlier links stop working. The"
" second factor stays as it is."),
    )  # fmt: skip


# ---- lost second factors ----


def resets(request: HttpRequest) -> HttpResponse:
    """List the resets that wait for a second person, and the people for whom one may be asked."""
    me = get_signed_in_user(request)
    waiting = FactorReset.objects.waiting().filter(user__in=get_managed_people(me)).select_related("user", "asked_by")
    word = request.GET.get("q", "").strip()
    found = (
        get_managed_people(me)
        .filter(is_active=True, authenticator__isnull=False)
        .distinct()
        .order_by("last_name", "username")
    )
    if word:
        found = found.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(username__icontains=word))
    page = Paginator(found, PAGE).get_page(request.GET.get("p"))
    return render(
        request, "access/admin/factor_resets.html", {"waiting": list(waiting), "page": page, "q": word, "me": me}
    )


def ask_for_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reset of a lost second factor, after a page that asks for confirmation."""
    user = _get_managed_or_404(request, pk)
    return _confirmed(
        request, user, lambda: decisions.ask_for_reset(user=user, by=get_signed_in_user(request)),
        title=_("Lost second factor"), submit=_("Ask for a reset"), back="factor_resets:list",
        words=_("Speak with this person first: face to face, or by phone if you know their voice. Somebody else must "
"agree, another operator or a coordinator of the region. The person is notified by e-mail now."),
        done=_("Asked. Somebody else must agree within two days."),
    )  # fmt: skip


def decide_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whom it is about and who asked (GET); decide it (POST `decision` = agree or refuse)."""
    me = get_signed_in_user(request)
    reset = get_object_or_404(FactorReset.objects.select_related("user", "asked_by"), pk=pk)
    _get_managed_or_404(request, reset.user_id)
    error = ""
    if request.method == "POST":
        try:
            decisions.decide_reset(reset=reset, approve=request.POST.get("decision") == "agree", by=me)
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            if request.POST.get("decision") == "agree":
                _show_mail_result(request, reset.user)
            else:
                messages.success(request, _("Refused. Nothing changed."))
            return redirect("factor_resets:list")
    return render(
        request,
        "access/admin/factor_reset.html",
        {"reset": reset, "error": error, "may_decide": me.pk not in (reset.asked_by_id, reset.user_id)},
    )


# ---- what they share ----


def get_waiting_message() -> str:
    return _("Asked for. The role takes effect, and a new person is invited, once another keeper has agreed.")


def get_end_message() -> str:
    return _(
        "Nothing has ended yet: it is the last editor, or another coordinator of the region was ended within 30 days."
        " Another operator or any coordinator must agree; they are notified by e-mail."
    )


def get_fields_with_errors(*forms: Any) -> list[Any]:
    return [form for form in forms if form.errors]


def _get_managed_or_404(request: HttpRequest, pk: int) -> User:
    """Return the person if this manager may reset their second factor; an attempt at another's is logged."""
    me = get_signed_in_user(request)
    if not get_managed_people(me).filter(pk=pk).exists() and User.objects.filter(pk=pk).exists():
        record_denial(actor=get_actor(me), target_kind="user", target_id=pk)
    return get_object_or_404(get_managed_people(me), pk=pk)


def _show_mail_result(request: HttpRequest, user: User) -> None:
    """Report an invitation as sent only if the mail server took it."""
    newest = user.invitations.order_by("-created_at").first()
    if newest is not None and newest.mailed_at is not None:
        messages.success(request, _("An invitation was sent to %(address)s.") % {"address": user.email})
    else:
        messages.error(request, _("The account is saved, but the invitation could not be sent. Send it again later."))


def _form_page(request: HttpRequest, form: Any, user: User, *, title: str, submit: str) -> HttpResponse:
    return render(
        request,
        "access/admin/form.html",
        {
            "form": form,
            "both": get_fields_with_errors(form),
            "account": Account(user),
            "title": title,
            "submit": submit,
        },
    )


def _confirmed(
    request: HttpRequest, user: User, act: Any, *, title: str, submit: str, words: str, done: str,
    is_serious: bool = False, back: str = "",
) -> HttpResponse:  # fmt: skip
    """Ask for confirmation (GET); act and redirect, or show beside the question why it failed (POST)."""
    error = ""
    if request.method == "POST":
        try:
            act()
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            if done:
                messages.success(request, done)
            return redirect(back) if back else redirect("staff:person", user.pk)
    return render(
        request,
        "access/admin/confirm.html",
        {"account": Account(user), "title": title, "submit": submit, "words": words, "error": error, "back": back,
         "is_serious": is_serious},
    )  # fmt: skip
