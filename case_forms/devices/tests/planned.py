"""A session's plan and its record, as a phone without a network seals them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from .phone import API, Phone


def read_plan_package(phone: Phone) -> dict[str, Any]:
    answer = phone.client.get(f"{API}device-session-plan?language=en", headers=phone.bearer(phone.pack))
    assert answer.status_code == 200
    package: dict[str, Any] = answer.json()
    return package


def sealed(phone: Phone, form: str, fields: list[list[str]], identity: str = "", **more: Any) -> dict[str, Any]:
    times = {"occurred_at": phone.now.isoformat(), "finished_at": phone.now.isoformat()}
    plain = {"form": form, "version": 1, "occurred_by_clock": True, "fields": fields, "confirmed": [], **times}
    return phone.seal(plain | more, identity)


def plan(phone: Phone, identity: str, *, more: dict[str, Any] | None = None, **typed: str) -> dict[str, Any]:
    """A plan of yesterday's noon, as the phone seals it."""
    home = phone.device.user.units().get()
    values = {
        "unit": home.slug, "municipality": home.region.municipalities.first().slug, "place_type": "high_school",
        "place_name": "Shkolla e fshatit", "date": (timezone.localdate() - timedelta(days=1)).isoformat(),
        "starts_at": "11:00", "ends_at": "11:45", "audience": "high_school", "language": "sq",
    }  # fmt: skip
    fields = [["_plan", "1"], *([name, value] for name, value in {**values, **typed}.items())]
    return sealed(phone, "session_plan", fields, identity, **(more or {}))


def count(phone: Phone, of: str, *, more: dict[str, Any] | None = None, **typed: str) -> dict[str, Any]:
    """What was counted of the session that was planned under this UUID."""
    values = {"total": "12", "count-female-15_17": "7", "count-male-15_17": "5", "method": "talk", "language": "sq"}
    fields = [
        ["_session", of],
        ["_seen", "planned_here"],
        *([name, value] for name, value in {**values, **typed}.items()),
    ]
    return sealed(phone, "session_record", [*fields, ["topics", "reporting"]], **(more or {}))
