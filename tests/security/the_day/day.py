"""The service on a working day: its reference data, its demo cases, and the people who work with them."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from access.models import Assignment, Region, StaffRole, User
from tests.seeds import lay_down_demo

from .staff import Staff

PASSWORD = "a-long-enough-pass-phrase-for-kanarina"


@dataclass
class Day:
    """Everybody by the name that acts use for them."""

    people: dict[str, Staff] = field(default_factory=dict)
    counted: int = 0

    @classmethod
    def begin(cls) -> "Day":
        cache.clear()
        lay_down_demo(with_cases=True)
        day = cls()
        for name, role, where in (
            ("operator2", StaffRole.OPERATOR, {}),
            ("auditor", StaffRole.AUDITOR, {}),
        ):
            user = User.objects.create_user(name, f"{name}@kanarina.example", PASSWORD, language="en")
            Assignment.objects.create(user=user, role=role, **where)
        for name, username in (
            ("worker", "vlore1"),
            ("mate", "vlore2"),
            ("coordinator", "koordinator"),
            ("coordinator2", "koordinator2"),
            ("editor", "redaktor"),
            ("editor2", "redaktor2"),
            ("operator", "operator"),
            ("operator2", "operator2"),
            ("auditor", "auditor"),
        ):
            day.people[name] = Staff.called(username)
        return day

    def __getattr__(self, name: str) -> Staff:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def number(self) -> int:
        """A number that no act before had, for names that must differ."""
        self.counted += 1
        return self.counted

    def colleague(self, role: str = StaffRole.WORKER, **fields: Any) -> Staff:
        """Somebody who is in no other act: a worker of Vlorë unless another role is asked for."""
        name = f"kanarina{self.number()}"
        names = {"first_name": "Kanarina", "last_name": "Zogu"}
        user = User.objects.create_user(name, f"{name}@kanarina.example", PASSWORD, language="en", **names, **fields)
        places: list[dict[str, Any]] = [{}]
        if role == StaffRole.WORKER:
            places = [{"unit": self.worker.user.units().get()}]
        elif role == StaffRole.COORDINATOR:
            places = [{"region": Region.objects.get(slug="vlore")}]
        for place in places:
            yesterday = timezone.localdate() - timedelta(days=1)
            Assignment.objects.create(user=user, role=role, starts_on=yesterday, **place)
        return Staff.called(name)


def on(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def in_days(count: int) -> date:
    return timezone.localdate() + timedelta(days=count)
