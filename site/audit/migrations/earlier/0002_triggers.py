from django.db import migrations

from ...triggers import AUDIT_ENTRIES


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [AUDIT_ENTRIES.operation()]
