"""Where two active offices have one role and one area, one keeps it and the other one is switched off.

Who keeps it: the one with somebody on duty now, then one with a shift to come, then the older. Which of them is the right one
a migration can't know, so nothing else is touched: the other one keeps its people and shifts, and both offices' keepers
and the operators are told at their start page (`0011_two_offices_answered_x`).
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Q
from django.utils import timezone

AREAS = (("police", "directorate_id"), ("cpu", "municipality_id"), ("responsible_authority", None))


def keep_one(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    Partner = apps.get_model("directory", "Partner")
    on_duty, to_come = _manned(apps)
    for role, area in AREAS:
        kept: set[object] = set()
        offices = list(Partner.objects.filter(role=role, is_active=True))
        for office in sorted(offices, key=lambda each: (each.pk not in on_duty, each.pk not in to_come, each.pk)):
            place = getattr(office, area) if area else role
            if place is None:
                continue
            if place in kept:
                Partner.objects.filter(pk=office.pk).update(is_active=False)
            kept.add(place)


def _manned(apps: Apps) -> tuple[set[int], set[int]]:
    """Keys of the offices with somebody on duty now, and of those with a shift that runs or is to come."""
    now = timezone.now()
    away = apps.get_model("directory", "Leave").objects.filter(starts_at__lte=now, ends_at__gt=now)
    shifts = apps.get_model("directory", "DutyShift").objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now), contact__is_active=True, contact__partner=F("partner")
    )
    running = shifts.filter(starts_at__lte=now).exclude(contact__in=away.values("contact"))
    return set(running.values_list("partner_id", flat=True)), set(shifts.values_list("partner_id", flat=True))


class Migration(migrations.Migration):
    dependencies = [("directory", "0005_words")]

    operations = [migrations.RunPython(keep_one, migrations.RunPython.noop)]
