"""Where two active offices have one role and one area, the older one keeps it, with the people and shifts of both.

Until now whichever came first by its key answered, if somebody was on duty there. Nobody who was told before is lost:
contacts and shifts of the other office go to the one that stays, and the other one becomes inactive.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AREAS = (("police", "directorate_id"), ("cpu", "municipality_id"), ("responsible_authority", None))


def join(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    Partner = apps.get_model("directory", "Partner")
    Contact = apps.get_model("directory", "Contact")
    DutyShift = apps.get_model("directory", "DutyShift")
    for role, area in AREAS:
        first: dict[object, int] = {}
        for office in Partner.objects.filter(role=role, is_active=True).order_by("pk"):
            place = getattr(office, area) if area else role
            if place is None:
                continue
            if place not in first:
                first[place] = office.pk
                continue
            Contact.objects.filter(partner=office).update(partner=first[place])
            DutyShift.objects.filter(partner=office).update(partner=first[place])
            Partner.objects.filter(pk=office.pk).update(is_active=False)


class Migration(migrations.Migration):
    dependencies = [("directory", "0005_words")]

    operations = [migrations.RunPython(join, migrations.RunPython.noop)]
