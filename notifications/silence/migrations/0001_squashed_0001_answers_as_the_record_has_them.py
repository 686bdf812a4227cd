import django.db.models.deletion
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('silence', '0001_answers_as_the_record_has_them'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('directory', '0001_squashed_0018_staff_phones'),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='CountState',
                fields=[
                    ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                    ('number', models.PositiveBigIntegerField(default=0)),
                    ('passed_at', models.DateTimeField(null=True)),
                    ('passed', models.UUIDField(null=True)),
                    ('passed_row', models.PositiveBigIntegerField(default=0)),
                    ('compared_at', models.DateTimeField(null=True)),
                    ('differed_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='UnrecordedNotice',
                fields=[
                    ('notice', models.UUIDField(primary_key=True, serialize=False)),
                    ('chain', models.UUIDField(db_index=True)),
                    ('owed_at', models.DateTimeField()),
                    ('office', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.partner')),
                    ('place', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.municipality')),
                ],
            ),
            migrations.CreateModel(
                name='OfficeAsked',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('chain', models.UUIDField()),
                    ('sent_at', models.DateTimeField()),
                    ('answer_by', models.DateTimeField()),
                    ('opened_after', models.BigIntegerField(null=True)),
                    ('accepted_after', models.BigIntegerField(null=True)),
                    ('declined_after', models.BigIntegerField(null=True)),
                    ('wrong_area_after', models.BigIntegerField(null=True)),
                    ('outcome_after', models.BigIntegerField(null=True)),
                    ('is_split', models.BooleanField(default=False)),
                    ('office', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.partner')),
                    ('place', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.municipality')),
                ],
                options={
                    'indexes': [models.Index(fields=['office', 'sent_at'], name='asked_by_office'), models.Index(condition=models.Q(('is_split', True)), fields=['sent_at'], name='asked_split')],
                    'constraints': [models.UniqueConstraint(fields=('chain', 'office', 'place'), name='asked_once')],
                },
            ),
        ]),
    ]
