from django.db import migrations, models

from ...index_operations import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("audit", "0008_entries_by_actor")]

    operations = [
        AddIndexBeside("auditentry", models.Index(fields=["actor_id", "number"], name="audit_entry_by_actor")),
        migrations.RemoveIndex("auditentry", "audit_entry_actor"),
    ]
