from django.db import migrations, models

from audit.index_operations import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("outbox", "0021_one_index_for_each_column"), ("audit", "0008_entries_by_actor")]

    operations = [
        AddIndexBeside(
            "notice",
            models.Index(
                condition=models.Q(("opened_at__isnull", True)),
                fields=["state", "owed_at"],
                name="notice_unopened_by_state",
            ),
        ),
    ]
