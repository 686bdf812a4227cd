import django.db.models.deletion
import django.utils.timezone
import uuid
import vault.fields
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('simulation', '0001_initial'),
        ('simulation', '0002_scenarios_of_two_people'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='Replay',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('procedure', models.SlugField(max_length=64)),
                    ('draft', models.TextField()),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('started_at', models.DateTimeField(blank=True, null=True)),
                    ('finished_at', models.DateTimeField(blank=True, null=True)),
                    ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('ready', 'ready'), ('failed', 'failed')], default='waiting', max_length=12)),
                    ('total', models.PositiveIntegerField(default=0)),
                    ('done', models.PositiveIntegerField(default=0)),
                    ('result', models.JSONField(default=dict)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'replay',
                    'verbose_name_plural': 'replays',
                    'ordering': ['-asked_at'],
                },
            ),
            migrations.CreateModel(
                name='Scenario',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('procedure', models.SlugField(max_length=64, verbose_name='procedure')),
                    ('key', models.SlugField(max_length=64, verbose_name='key')),
                    ('title', models.JSONField(verbose_name='title')),
                    ('story', vault.fields.SealedJSONField(verbose_name='story')),
                    ('expectations', models.JSONField(default=list, verbose_name='must hold')),
                    ('is_seeded', models.BooleanField(default=False, verbose_name='shipped')),
                    ('position', models.PositiveIntegerField(default=0)),
                    ('is_approved', models.BooleanField(default=False, verbose_name='approved')),
                    ('deleted_at', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('changed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('changes', models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='proposal', to='simulation.scenario')),
                    ('deleted_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'scenario',
                    'verbose_name_plural': 'scenarios',
                    'ordering': ['procedure', 'position', 'key'],
                    'constraints': [models.UniqueConstraint(fields=('procedure', 'key'), name='one_scenario_per_procedure_and_key')],
                },
            ),
        ]),
    ]
