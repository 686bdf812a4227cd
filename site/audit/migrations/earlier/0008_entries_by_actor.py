from django.db import migrations, models

from ...index_operations import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("audit", "0007_one_index_for_each_column")]

    operations = [
        AddIndexBeside("auditentry", models.Index(fields=["actor_id"], name="audit_entry_actor")),
    ]
