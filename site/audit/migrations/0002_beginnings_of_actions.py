from django.db import migrations

from ..index_operations import drop_pattern_indexes


class Migration(migrations.Migration):
    """Nobody asks for the beginning of an action; a database of before the squashed migrations has an index for it."""

    dependencies = [("audit", "0001_squashed_0010_kinds_and_days_in_order")]

    operations = [drop_pattern_indexes("audit_auditentry", "action")]
