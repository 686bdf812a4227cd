import django.db.models.deletion
import uuid
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('session_rules', '0001_initial'),
    ]

    dependencies = [
        ('outreach_pages', '0001_squashed_0018_plans_made_on_phones'),
        ('procedures', '0001_squashed_0004_declined_rules'),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='SessionEvent',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(verbose_name='at')),
                    ('detail', models.JSONField(default=dict)),
                    ('kind', models.CharField(max_length=40, verbose_name='kind')),
                    ('procedure_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='procedures.procedureversion')),
                    ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rule_events', to='outreach_pages.informativesession', verbose_name='informative session')),
                ],
                options={
                    'verbose_name': 'event of a session',
                    'verbose_name_plural': 'events of sessions',
                    'ordering': ['at', 'pk'],
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='SessionTask',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.CharField(max_length=64, verbose_name='key')),
                    ('label', models.JSONField(verbose_name='label')),
                    ('next_step', models.JSONField(blank=True, default=dict)),
                    ('owner', models.CharField(choices=[('police', 'anti-trafficking police officer'), ('responsible_authority', 'Responsible Authority'), ('cpu', 'Child Protection Unit'), ('protection_service', 'protection service'), ('coordinator', 'Vatra coordinator'), ('mobile_unit', 'mobile unit on duty'), ('social_service', 'social service'), ('school', 'school'), ('psychologist', 'psychologist'), ('health', 'health service'), ('legal_aid', 'legal aid'), ('embassy_desk', 'embassy, through the Responsible Authority')], max_length=24, verbose_name='whose duty')),
                    ('ladder', models.JSONField(blank=True, default=list)),
                    ('starts_at', models.DateTimeField(verbose_name='starts at')),
                    ('amber_at', models.DateTimeField(blank=True, null=True)),
                    ('red_at', models.DateTimeField(blank=True, null=True)),
                    ('breach_at', models.DateTimeField(blank=True, null=True)),
                    ('met_at', models.DateTimeField(blank=True, null=True, verbose_name='met at')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                    ('next_mark_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('chase_id', models.UUIDField(blank=True, null=True)),
                    ('chases', models.PositiveIntegerField(default=0)),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='session_rules.sessionevent')),
                    ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='outreach_pages.informativesession', verbose_name='informative session')),
                ],
                options={
                    'verbose_name': 'task about a session',
                    'verbose_name_plural': 'tasks about sessions',
                    'ordering': ['starts_at', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('event', 'key'), name='one_session_task_per_event_and_key'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('met_at__isnull', True)), ('next_mark_at__isnull', True), _connector='OR'), name='session_task_over_has_no_next_mark')],
                },
            ),
        ]),
    ]
