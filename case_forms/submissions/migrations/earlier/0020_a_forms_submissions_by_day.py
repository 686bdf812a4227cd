from django.db import migrations, models

from audit.index_operations import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("intake", "0019_index_of_when_it_happened"), ("audit", "0008_entries_by_actor")]

    operations = [
        AddIndexBeside(
            "submission", models.Index(fields=["form_version", "occurred_at"], name="submission_of_form_by_day")
        ),
    ]
