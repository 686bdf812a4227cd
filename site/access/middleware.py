"""Deny-by-default middleware: a route without a row in the policy table, or without the right role, doesn't exist."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect

from audit.chain import get_actor
from audit.denials import record_denial

from . import policy
from .known_callers import TOKEN, read_token
from .limits import Busy
from .models import FieldToken
from .sessions.actions import has_factor
from .sessions.locked import redirect_to_unlocking

API_PREFIX = "/api/"


class AccessPolicy:
    """Middleware that checks each request against `access.policy` before its view runs.

    A signed-in person without the role gets 404, and the denial is logged; a visitor is sent to sign in; the API
    answers with a problem document. A bearer token stands for its holder on API routes only.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.bearer = None  # type: ignore[attr-defined]
        if request.path.startswith(API_PREFIX):
            self._sign_in_by_token(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Check the route's row; return a response that ends the request, or None to run the view.

        Raises Http404 and Busy.
        """
        match = request.resolver_match
        assert match is not None
        row = policy.row_for(match.view_name, match.route)
        is_api = request.path.startswith(API_PREFIX)
        if self._is_shut_in_duress(request, row, match.view_name):
            raise Busy  # looks like overload (503), so nothing on the screen says that more is withheld
        # Before the method: whoever has no access doesn't learn which methods a route takes.
        if row is None or not row.allows(request.user):  # type: ignore[arg-type]
            if row is not None and request.method in row.with_key:
                return None  # the view checks the key
            return self._deny(request, row, match.view_name or match.route, is_api=is_api)
        if request.method not in row.methods:
            return self._refuse_method(row, is_api=is_api)
        token = request.bearer  # type: ignore[attr-defined]
        if token is not None and not token.may(row.scope):
            return problem(403, "token-scope", "This token isn't made for that.")
        if settings.SECOND_FACTOR_REQUIRED:
            return self._ask_for_factor(request, row, match.view_name, is_api=is_api)
        return None

    @staticmethod
    def _is_shut_in_duress(request: HttpRequest, row: policy.RouteRule | None, view: str) -> bool:
        if row is not None and row.is_open:  # open pages don't even load the session's person
            return False
        stands_in = getattr(request.user, "stands_in", False)
        return stands_in and (view, request.method) not in policy.IN_DURESS

    @staticmethod
    def _refuse_method(row: policy.RouteRule, *, is_api: bool) -> HttpResponse:
        allowed = sorted(row.methods)
        if not is_api:
            return HttpResponseNotAllowed(allowed)
        answer = problem(405, "method-not-allowed", "This address doesn't take that method.")
        answer["Allow"] = ", ".join(allowed)
        return answer

    @staticmethod
    def _ask_for_factor(request: HttpRequest, row: policy.RouteRule, view: str, *, is_api: bool) -> HttpResponse | None:
        """Require a second factor of this session.

        A signed-in person without one gets no further than the pages where it is set up. One who has it must have given
        it in this very session: a session from before it was set up ends here. Tokens were made by somebody who gave
        it.
        """
        user: Any = request.user
        if row.is_open or request.bearer or user.stands_in:  # type: ignore[attr-defined]
            return None
        if is_mfa_enabled(user):
            if has_factor(request, user):
                return None
            request.session.flush()
            return (
                problem(401, "not-signed-in", "Sign in again.")
                if is_api
                else redirect_to_login(request.get_full_path())
            )
        # Pages of one's own account. Calls for help are other people's.
        if view.startswith(("account_", "mfa_")) and view != "account_calls":
            return None
        if is_api:
            return problem(403, "second-factor", "Set up your second factor on the account page first.")
        return redirect("mfa_index")

    @staticmethod
    def _sign_in_by_token(request: HttpRequest) -> None:
        """Set the request's user to the holder of its bearer token, if it has one."""
        if token := read_token(request.META):
            found = FieldToken.found_by(token)
            # A bad token isn't made good by a session cookie that comes along.
            request.user = found.user if found is not None else AnonymousUser()
            request.bearer = found  # type: ignore[attr-defined]
            request.META[TOKEN] = found is not None
            if found is not None:
                found.note_use()

    @staticmethod
    def _deny(request: HttpRequest, row: policy.RouteRule | None, route: str, *, is_api: bool) -> HttpResponse:
        """Answer a request without access: 404 for somebody signed in, sign-in for a visitor. Raises Http404."""
        if request.user.is_authenticated:
            record_denial(actor=get_actor(request.user), target_kind="route", target_id=route[:64])
            raise Http404  # `config.views.not_found` answers, as for what isn't there
        if is_api:
            answer = problem(401, "not-signed-in", "Send a bearer token or sign in.")
            answer["WWW-Authenticate"] = 'Bearer realm="field"'
            return answer
        if row is None or row.roles == policy.NOBODY:
            raise Http404
        return redirect_to_unlocking(request)


def problem(status: int, kind: str, title: str, **extra: Any) -> JsonResponse:
    """Build a problem document (RFC 9457): {"type", "title", "status", ...}. It never echoes what was sent."""
    body = {"type": f"urn:vatra:problem:{kind}", "title": title, "status": status, **extra}
    return JsonResponse(body, status=status, content_type="application/problem+json")
