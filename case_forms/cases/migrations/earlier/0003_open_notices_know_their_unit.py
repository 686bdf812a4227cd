"""The open notices of cases get their case's unit: by it their chain finds the sending unit's region."""

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery

SETTLED = ("accepted", "declined", "closed", "cancelled")


def fill(apps: Any, schema_editor: Any) -> None:
    Case, Notice = apps.get_model("cases", "Case"), apps.get_model("outbox", "Notice")
    cases = Case.objects.filter(pk=OuterRef("case_id")).values("unit")[:1]
    Notice.objects.filter(unit=None).exclude(state__in=SETTLED).update(unit=Subquery(cases))


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_initial"), ("outbox", "0003_the_chain")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
