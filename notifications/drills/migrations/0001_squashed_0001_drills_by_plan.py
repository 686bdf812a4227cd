import datetime
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('drills', '0001_drills_by_plan'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('directory', '0001_squashed_0018_staff_phones'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='DrillRun',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('month', models.CharField(blank=True, max_length=7, verbose_name='month')),
                    ('state', models.CharField(choices=[('waiting', 'begins shortly'), ('running', 'in progress'), ('passed', 'went well'), ('unanswered', 'went out, but not everybody opened it'), ('failed', 'failed'), ('missed', 'not held')], default='waiting', max_length=12, verbose_name='state')),
                    ('reason', models.CharField(blank=True, max_length=40)),
                    ('case_id', models.UUIDField(blank=True, db_index=True, null=True)),
                    ('minutes', models.PositiveSmallIntegerField(default=30)),
                    ('climbs', models.BooleanField(default=False)),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked at')),
                    ('begun_at', models.DateTimeField(blank=True, null=True, verbose_name='begun at')),
                    ('ends_at', models.DateTimeField(blank=True, null=True)),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                    ('alarm_at', models.DateTimeField(blank=True, null=True)),
                    ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                    ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drills', to='access.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'drill',
                    'verbose_name_plural': 'drills',
                    'ordering': ['-asked_at'],
                },
            ),
            migrations.CreateModel(
                name='DrillResult',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(choices=[('police', 'anti-trafficking police officer'), ('responsible_authority', 'Responsible Authority'), ('cpu', 'Child Protection Unit'), ('protection_service', 'protection service'), ('coordinator', 'Vatra coordinator'), ('mobile_unit', 'mobile unit on duty'), ('social_service', 'social service'), ('school', 'school'), ('psychologist', 'psychologist'), ('health', 'health service'), ('legal_aid', 'legal aid'), ('embassy_desk', 'embassy, through the Responsible Authority')], max_length=24, verbose_name='role')),
                    ('channel', models.CharField(blank=True, max_length=16, verbose_name='way')),
                    ('not_needed', models.BooleanField(default=False)),
                    ('taken_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                    ('delivered_at', models.DateTimeField(blank=True, null=True, verbose_name='delivered at')),
                    ('error_code', models.CharField(blank=True, max_length=40, verbose_name='error code')),
                    ('awaits_answer', models.BooleanField(default=False)),
                    ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='opened at')),
                    ('answered_at', models.DateTimeField(blank=True, null=True)),
                    ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='directory.contact', verbose_name='recipient')),
                    ('office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='directory.partner', verbose_name='partner')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='results', to='drills.drillrun', verbose_name='drill')),
                ],
                options={
                    'verbose_name': 'result of a drill',
                    'verbose_name_plural': 'results of drills',
                    'ordering': ['pk'],
                },
            ),
            migrations.CreateModel(
                name='DrillPlan',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('is_on', models.BooleanField(default=False, verbose_name='hold a drill each month')),
                    ('on_since', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('day', models.PositiveSmallIntegerField(default=10, verbose_name='from this day of the month on')),
                    ('hours_from', models.TimeField(default=datetime.time(10, 0), verbose_name='from (time of day)')),
                    ('hours_until', models.TimeField(default=datetime.time(15, 0), verbose_name='until (time of day)')),
                    ('minutes', models.PositiveSmallIntegerField(default=30, verbose_name='minutes to open and answer')),
                    ('climbs', models.BooleanField(default=False, verbose_name='practise the escalation, too')),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('changed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('region', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='drill_plan', to='access.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'plan of drills',
                    'verbose_name_plural': 'plans of drills',
                    'ordering': ['region'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('day__gte', 1), ('day__lte', 28)), name='drill_day_of_every_month'), models.CheckConstraint(condition=models.Q(('hours_from__lt', models.F('hours_until'))), name='drill_hours_in_order'), models.CheckConstraint(condition=models.Q(('minutes__gte', 10), ('minutes__lte', 240)), name='drill_minutes'), models.CheckConstraint(condition=models.Q(('is_on', False), ('on_since__isnull', False), _connector='OR'), name='drill_on_since_known')],
                },
            ),
            migrations.AddIndex(
                model_name='drillrun',
                index=models.Index(fields=['state', 'ends_at'], name='drills_dril_state_dc156a_idx'),
            ),
            migrations.AddIndex(
                model_name='drillrun',
                index=models.Index(fields=['region', '-ended_at'], name='drills_dril_region__e41777_idx'),
            ),
            migrations.AddConstraint(
                model_name='drillrun',
                constraint=models.UniqueConstraint(condition=models.Q(('month', ''), _negated=True), fields=('region', 'month'), name='one_drill_a_month'),
            ),
            migrations.AddConstraint(
                model_name='drillrun',
                constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'running'])), fields=('region',), name='one_drill_at_a_time'),
            ),
            migrations.AddConstraint(
                model_name='drillrun',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running', 'passed', 'unanswered', 'failed', 'missed'])), name='drill_known_state'),
            ),
            migrations.AddConstraint(
                model_name='drillrun',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), models.Q(('begun_at__isnull', False), ('case_id__isnull', False), ('ended_at__isnull', True), ('ends_at__isnull', False)), _connector='OR'), name='drill_running_is_whole'),
            ),
            migrations.AddConstraint(
                model_name='drillrun',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running']), ('ended_at__isnull', False), _connector='OR'), name='drill_ended_has_time'),
            ),
        ]),
    ]
