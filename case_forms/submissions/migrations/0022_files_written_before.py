from django.db import migrations


def delete_files_with_names(apps, schema_editor):
    """Delete the files that were written before: they hold names, and everything else can be asked for again."""
    apps.get_model('intake', 'AnswerExport').objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    # apart from the change of the table, which PostgreSQL refuses in the transaction of a deletion

    dependencies = [
        ('intake', '0001_squashed_0021_fewer_indexes'),
    ]

    operations = [
        migrations.RunPython(delete_files_with_names, migrations.RunPython.noop, elidable=True),
    ]
