"""What people asked, in the admin: the list, and one session's questions with what was decided about them."""

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from access.scoping import get_signed_in_user

from . import actions
from .listing import FilterForm, PageForm, get_asked

ON_A_PAGE = 50


def people_asked(request: HttpRequest) -> HttpResponse:
    """Show what was asked at sessions, the newest first: open unless another state is chosen."""
    form = FilterForm(request.GET)
    page = Paginator(form.narrow(get_asked()), ON_A_PAGE).get_page(request.GET.get("p"))
    query = request.GET.copy()
    query.pop("p", None)
    context = {"form": form, "page": page, "query": query.urlencode()}
    return render(request, "outreach_pages/asked/list.html", context)


def people_asked_one(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show one session's questions; on POST note which page answers, that none will, or open it again."""
    user = get_signed_in_user(request)
    asked = get_object_or_404(get_asked(), pk=session_id)
    review = getattr(asked, "questions_review", None)
    initial = {"page": review.page_id} if review else {}
    form, doing = PageForm(user=user, initial=initial), request.POST.get("do", "")
    if request.method == "POST":
        if doing == "not_for_a_page":
            actions.mark_not_for_a_page(session=asked, by=user)
            return redirect("people_asked")
        if doing == "open":
            actions.open_again(session=asked, by=user)
            return redirect("people_asked_one", session_id)
        form = PageForm(request.POST, user=user)
        if form.is_valid():
            actions.mark_answered(session=asked, by=user, page=form.cleaned_data["page"])
            return redirect("people_asked")
    context: dict[str, Any] = {"asked": asked, "review": review, "form": form}
    return render(request, "outreach_pages/asked/one.html", context, status=422 if form.errors else 200)
