from django.db import migrations, models

from ...index_operations import AddIndexBeside, DropFieldIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("audit", "0009_entries_of_one_person_in_order")]

    operations = [
        AddIndexBeside("auditentry", models.Index(fields=["action", "number"], name="audit_entry_by_action")),
        AddIndexBeside("auditentry", models.Index(fields=["at", "number"], name="audit_entry_by_time")),
        DropFieldIndex("auditentry", "action", models.CharField(max_length=64, verbose_name="action")),
        DropFieldIndex("auditentry", "at", models.DateTimeField(verbose_name="at")),
    ]
