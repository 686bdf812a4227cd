from django.db import migrations, models

from audit.index_operations import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0025_forms_moved"), ("audit", "0008_entries_by_actor")]

    operations = [
        AddIndexBeside(
            "deadline",
            models.Index(
                condition=models.Q(("chase_id__isnull", False)), fields=["chase_id"], name="deadline_by_chase"
            ),
        ),
    ]
