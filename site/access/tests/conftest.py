"""People with one role each, in a small country of two regions."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache

from ..models import Assignment, MobileUnit, Region, StaffRole, User


@pytest.fixture(autouse=True)
def limits_begin_anew() -> None:
    """The framework counts by account, and each test's first account has the same key."""
    cache.clear()


@pytest.fixture
def regions(db) -> dict[str, Region]:
    return {
        slug: Region.objects.create(slug=slug, name=slug.title(), iso_code=code)
        for slug, code in (("north", "AL-98"), ("south", "AL-99"))
    }


@pytest.fixture
def units(regions) -> dict[str, MobileUnit]:
    return {
        slug: MobileUnit.objects.create(slug=slug, name=slug.title(), region=region) for slug, region in regions.items()
    }


@pytest.fixture
def person(units, regions) -> Callable[..., User]:
    """person("worker", place="north", admin=True): one kind of person; `admin` lets them into Wagtail's admin."""

    def make(role: str | None = None, *, place: str = "north", admin: bool = False, **fields: object) -> User:
        user = User.objects.create(username=fields.pop("username", f"{role}-{User.objects.count()}"), **fields)
        if role is not None:
            scope = {"worker": {"unit": units[place]}, "coordinator": {"region": regions[place]}}.get(role, {})
            Assignment.objects.create(user=user, role=StaffRole(role), **scope)
        if admin:
            user.user_permissions.add(Permission.objects.get(codename="access_admin"))
        return user

    return make
