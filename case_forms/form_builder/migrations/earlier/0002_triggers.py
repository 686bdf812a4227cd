from django.db import migrations

from ...triggers import FORM_VERSIONS


class Migration(migrations.Migration):
    dependencies = [("builder", "0001_initial")]

    operations = [FORM_VERSIONS.operation()]
