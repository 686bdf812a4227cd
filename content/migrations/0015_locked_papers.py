"""Documents that are locked against changes only can be cleaned now: they are examined again."""

from typing import Any

from django.db import migrations


def examine_again(apps: Any, schema_editor: Any) -> None:
    apps.get_model("content", "ExaminedFile").objects.filter(problem="locked").delete()


class Migration(migrations.Migration):
    dependencies = [("content", "0014_examined_file")]

    operations = [migrations.RunPython(examine_again, migrations.RunPython.noop, elidable=True)]
