from django.db import migrations, models
from django.db.models.functions import Coalesce

from audit.index_operations import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0026_duties_by_chase")]

    operations = [
        AddIndexBeside(
            "case",
            models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["-opened_at", "id"],
                name="case_open_by_time",
            ),
        ),
        AddIndexBeside(
            "case",
            models.Index(
                Coalesce("lead_id", "opened_by_id"),
                condition=models.Q(("closed_at__isnull", True)),
                name="case_open_by_responsible",
            ),
        ),
        AddIndexBeside(
            "deadline",
            models.Index(
                Coalesce("red_at", "breach_at", "amber_at"),
                models.F("id"),
                condition=models.Q(("ended_at__isnull", True), ("met_at__isnull", True)),
                name="deadline_unmet_by_due",
            ),
        ),
    ]
