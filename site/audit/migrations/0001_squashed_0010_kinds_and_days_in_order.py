from django.db import migrations, models

from config.migrating.tables import MakeTables

from ..index_operations import drop_pattern_indexes
from ..triggers import AUDIT_ENTRIES


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('audit', '0001_initial'),
        ('audit', '0002_triggers'),
        ('audit', '0003_putaside'),
        ('audit', '0004_words'),
        ('audit', '0005_keyed_chain'),
        ('audit', '0006_denials_counted'),
        ('audit', '0007_one_index_for_each_column'),
        ('audit', '0008_entries_by_actor'),
        ('audit', '0009_entries_of_one_person_in_order'),
        ('audit', '0010_kinds_and_days_in_order'),
    ]

    dependencies = [
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='ChainHead',
                fields=[
                    ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                    ('number', models.PositiveBigIntegerField(default=0)),
                    ('hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                    ('is_keyed', models.BooleanField(default=False)),
                ],
                options={
                    'verbose_name': 'chain head',
                },
            ),
            migrations.CreateModel(
                name='AuditEntry',
                fields=[
                    ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name='number')),
                    ('at', models.DateTimeField(verbose_name='at')),
                    ('actor_kind', models.CharField(max_length=16, verbose_name='actor kind')),
                    ('actor_id', models.CharField(blank=True, max_length=64, verbose_name='actor')),
                    ('action', models.CharField(max_length=64, verbose_name='action')),
                    ('target_kind', models.CharField(blank=True, max_length=32, verbose_name='target kind')),
                    ('target_id', models.CharField(blank=True, db_index=True, max_length=64, verbose_name='target')),
                    ('detail', models.JSONField(default=dict, verbose_name='detail')),
                    ('previous_hash', models.CharField(max_length=64, verbose_name='previous hash')),
                    ('hash', models.CharField(max_length=64, unique=True, verbose_name='hash')),
                    ('key_id', models.CharField(max_length=24, null=True, verbose_name='key')),
                ],
                options={
                    'verbose_name': 'audit entry',
                    'verbose_name_plural': 'audit entries',
                    'ordering': ['number'],
                    'indexes': [models.Index(fields=['actor_id', 'number'], name='audit_entry_by_actor'), models.Index(fields=['action', 'number'], name='audit_entry_by_action'), models.Index(fields=['at', 'number'], name='audit_entry_by_time')],
                },
            ),
            migrations.CreateModel(
                name='PutAside',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(max_length=40, verbose_name='task')),
                    ('row', models.CharField(max_length=64, verbose_name='row')),
                    ('code', models.CharField(max_length=40, verbose_name='error')),
                    ('times', models.PositiveIntegerField(default=1, verbose_name='tried')),
                    ('first_at', models.DateTimeField(verbose_name='since')),
                    ('last_at', models.DateTimeField(verbose_name='last tried')),
                    ('retry_at', models.DateTimeField(verbose_name='tried again at')),
                ],
                options={
                    'verbose_name': 'row set aside',
                    'verbose_name_plural': 'rows set aside',
                    'ordering': ['first_at', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('kind', 'row'), name='one_put_aside_per_row')],
                },
            ),
            migrations.CreateModel(
                name='RepeatedDenial',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('actor_kind', models.CharField(max_length=16)),
                    ('actor_id', models.CharField(blank=True, max_length=64)),
                    ('target_kind', models.CharField(max_length=32)),
                    ('target_id', models.CharField(max_length=64)),
                    ('since', models.DateTimeField(db_index=True)),
                    ('last_at', models.DateTimeField()),
                    ('times', models.PositiveIntegerField(default=0)),
                ],
                options={
                    'verbose_name': 'repeated denial',
                    'verbose_name_plural': 'repeated denials',
                    'constraints': [models.UniqueConstraint(fields=('actor_kind', 'actor_id', 'target_kind', 'target_id'), name='one_row_per_denial')],
                },
            ),
        ]),
        AUDIT_ENTRIES.operation(),
        drop_pattern_indexes("audit_auditentry", "target_id", "hash"),
    ]
