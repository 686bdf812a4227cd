"""The editors' page of numbers for the lawyer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .numbers import collect_all, get_known_numbers


def numbers(request: HttpRequest) -> HttpResponse:
    """List every number that live pages state of the law or of a service's hours, those for the lawyer first."""
    found = {
        language: sorted(stated, key=lambda each: (not each.problem, not each.is_for_lawyer))
        for language, stated in collect_all().items()
    }
    context = {
        "found": found.items(),
        "known": get_known_numbers(),
        "problems": sum(bool(each.problem) for stated in found.values() for each in stated),
    }
    return render(request, "content_admin/numbers.html", context)
