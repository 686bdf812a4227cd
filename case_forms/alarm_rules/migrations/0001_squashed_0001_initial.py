import django.db.models.deletion
import uuid
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('alarm_rules', '0001_initial'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('procedures', '0001_squashed_0004_declined_rules'),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='AlarmEvent',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(verbose_name='at')),
                    ('detail', models.JSONField(default=dict)),
                    ('is_urgent', models.BooleanField()),
                    ('is_drill', models.BooleanField(default=False)),
                    ('procedure_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='procedures.procedureversion')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.mobileunit', verbose_name='mobile unit')),
                ],
                options={
                    'verbose_name': 'event of an alarm',
                    'verbose_name_plural': 'events of alarms',
                    'ordering': ['at', 'pk'],
                    'abstract': False,
                },
            ),
        ]),
    ]
