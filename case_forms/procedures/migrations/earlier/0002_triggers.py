from django.db import migrations

from ...triggers import PROCEDURE_VERSIONS


class Migration(migrations.Migration):
    dependencies = [("procedures", "0001_initial")]

    operations = [PROCEDURE_VERSIONS.operation()]
