"""Where two active offices have one role and one area, one keeps it and the other one is switched off.

Who keeps it: the one with somebody on its roster before one with nobody, then the older. Which of them is the right one
a migration can't know, so nothing else is touched: the other one keeps its people and shifts, and both offices' keepers
and the operators are told at their start page (`0011_two_offices_answered_x`).
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q
from django.utils import timezone

AREAS = (("police", "directorate_id"), ("cpu", "municipality_id"), ("responsible_authority", None))


def keep_one(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    Partner = apps.get_model("directory", "Partner")
    DutyShift = apps.get_model("directory", "DutyShift")
    to_come = DutyShift.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now()))
    manned = set(to_come.filter(contact__is_active=True).values_list("partner_id", flat=True))
    for role, area in AREAS:
        kept: set[object] = set()
        offices = list(Partner.objects.filter(role=role, is_active=True))
        for office in sorted(offices, key=lambda each: (each.pk not in manned, each.pk)):
            place = getattr(office, area) if area else role
            if place is None:
                continue
            if place in kept:
                Partner.objects.filter(pk=office.pk).update(is_active=False)
            kept.add(place)


class Migration(migrations.Migration):
    dependencies = [("directory", "0005_words")]

    operations = [migrations.RunPython(keep_one, migrations.RunPython.noop)]
