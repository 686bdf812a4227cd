"""Name the offices that `0006_one_office_each` switched off, so that people look at them.

Such an office is inactive, and another active one has its role and area. No record says which of them people had
switched off before, so all are named: one look too many does less harm than an office that nobody looks at. Running it
twice names each once.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AREAS = (("police", "directorate_id"), ("cpu", "municipality_id"), ("responsible_authority", None))


def name_them(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    Partner = apps.get_model("directory", "Partner")
    Contact = apps.get_model("directory", "Contact")
    OfficeConflict = apps.get_model("directory", "OfficeConflict")
    for role, area in AREAS:
        offices = list(Partner.objects.filter(role=role).order_by("pk"))
        active = {getattr(each, area) if area else role: each for each in offices if each.is_active}
        active.pop(None, None)  # without an area it answers for nobody else's
        for office in offices:
            kept = active.get(getattr(office, area) if area else role)
            if office.is_active or kept is None:
                continue
            were_moved = not Contact.objects.filter(partner=office).exists()
            OfficeConflict.objects.get_or_create(
                switched_off=office, defaults={"kept": kept, "were_moved": were_moved}
            )


class Migration(migrations.Migration):
    dependencies = [("directory", "0010_office_conflict")]

    operations = [migrations.RunPython(name_them, migrations.RunPython.noop)]
