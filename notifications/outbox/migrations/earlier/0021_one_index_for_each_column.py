from django.db import migrations

from audit.index_operations import drop_pattern_indexes


class Migration(migrations.Migration):
    dependencies = [("outbox", "0020_somebody_will_call")]

    operations = [drop_pattern_indexes("outbox_notice", "case_reference", "code", "link_hash")]
