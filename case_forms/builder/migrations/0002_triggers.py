from django.db import migrations

from case_forms.builder.triggers import FORM_VERSIONS


class Migration(migrations.Migration):
    dependencies = [("builder", "0001_initial")]

    operations = [FORM_VERSIONS.operation()]
