"""Name the offices that `0006_one_office_each` switched off, so that people look at them.

Such an office is inactive, another active one has its role and area, and nobody is on record as having set it inactive.
Running it twice names each once.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AREAS = (("police", "directorate_id"), ("cpu", "municipality_id"), ("responsible_authority", None))


def name_them(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    Partner = apps.get_model("directory", "Partner")
    Contact = apps.get_model("directory", "Contact")
    OfficeConflict = apps.get_model("directory", "OfficeConflict")
    by_people = _set_inactive_by_people(apps)
    for role, area in AREAS:
        offices = list(Partner.objects.filter(role=role).order_by("pk"))
        active = {getattr(each, area) if area else role: each for each in offices if each.is_active}
        for office in offices:
            kept = active.get(getattr(office, area) if area else role)
            if office.is_active or kept is None or str(office.pk) in by_people:
                continue
            were_moved = not Contact.objects.filter(partner=office).exists()
            OfficeConflict.objects.get_or_create(
                switched_off=office, defaults={"kept": kept, "were_moved": were_moved}
            )


def _set_inactive_by_people(apps: Apps) -> set[str]:
    """Keys of the offices of which somebody has changed whether they are active."""
    entries = apps.get_model("audit", "AuditEntry").objects.filter(
        action__in=("directory.partner_changed", "directory.partner_added"), target_kind="partner"
    )
    found = entries.values_list("target_id", "detail").iterator()
    return {target for target, detail in found if "is_active" in (detail or {}).get("fields", ())}


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("directory", "0010_office_conflict")]

    operations = [migrations.RunPython(name_them, migrations.RunPython.noop)]
