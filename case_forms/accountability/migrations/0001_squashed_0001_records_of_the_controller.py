import django.db.models.deletion
import django.utils.timezone
import uuid
import vault.fields
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables

from ..triggers import BREACH_ENTRIES, SNAPSHOTS


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('accountability', '0001_records_of_the_controller'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='ProcessingSnapshot',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                    ('sha256', models.CharField(max_length=64, verbose_name='sha256')),
                    ('content', models.JSONField()),
                ],
                options={
                    'verbose_name': 'snapshot of the record of processing',
                    'verbose_name_plural': 'snapshots of the record of processing',
                    'ordering': ['-at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='Breach',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveIntegerField(unique=True, verbose_name='number')),
                    ('known_at', models.DateTimeField(verbose_name='became known')),
                    ('due_at', models.DateTimeField(verbose_name='to be notified by')),
                    ('next_reminder_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'breach of personal data',
                    'verbose_name_plural': 'breaches of personal data',
                    'ordering': ['-number'],
                },
            ),
            migrations.CreateModel(
                name='BreachEntry',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kinds', models.JSONField(default=list)),
                    ('categories', models.JSONField(default=list)),
                    ('people', models.PositiveIntegerField(blank=True, null=True, verbose_name='persons')),
                    ('decision', models.CharField(choices=[('open', 'not decided yet'), ('notified', 'the Commissioner was notified'), ('not_needed', 'no notice is needed: no risk to anybody')], default='open', max_length=12, verbose_name='decision')),
                    ('notified_at', models.DateTimeField(blank=True, null=True, verbose_name='notified at')),
                    ('told', models.CharField(choices=[('open', 'not decided yet'), ('told', 'the persons were informed'), ('not_safe', 'not informed: it would put them in danger'), ('not_needed', 'not informed: no high risk to them')], default='open', max_length=12, verbose_name='persons informed')),
                    ('words', vault.fields.SealedJSONField(default=dict)),
                    ('written_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('breach', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='accountability.breach', verbose_name='breach')),
                    ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'entry of a breach',
                    'verbose_name_plural': 'entries of a breach',
                    'ordering': ['-written_at', '-pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decision', 'notified'), ('notified_at__isnull', False)), models.Q(models.Q(('decision', 'notified'), _negated=True), ('notified_at__isnull', True)), _connector='OR'), name='breach_notified_says_when')],
                },
            ),
        ]),
        BREACH_ENTRIES.operation(),
        SNAPSHOTS.operation(),
    ]
