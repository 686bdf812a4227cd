from django.db import migrations

from ...index_operations import drop_pattern_indexes


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_denials_counted")]

    operations = [drop_pattern_indexes("audit_auditentry", "target_id", "hash")]
