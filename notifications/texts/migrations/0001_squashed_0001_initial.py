import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables

from ..triggers import VERSIONS


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('texts', '0001_initial'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='TextVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                    ('key', models.CharField(max_length=60, verbose_name='text')),
                    ('texts', models.JSONField(blank=True, default=dict, verbose_name='text')),
                    ('words', models.JSONField(blank=True, default=dict)),
                    ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='proposed at')),
                    ('wanted_from', models.DateTimeField(blank=True, null=True, verbose_name='to take effect at')),
                    ('in_force_from', models.DateTimeField(blank=True, null=True, verbose_name='in force from')),
                    ('decision', models.CharField(choices=[('waiting', 'waiting'), ('agreed', 'agreed'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='waiting', max_length=12, verbose_name='decision')),
                    ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                    ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                    ('replaces', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='texts.textversion')),
                ],
                options={
                    'verbose_name': 'version of a text',
                    'verbose_name_plural': 'versions of texts',
                    'ordering': ['-proposed_at', '-pk'],
                    'indexes': [models.Index(fields=['decision', 'in_force_from'], name='texts_textv_decisio_d72411_idx'), models.Index(fields=['key', '-proposed_at'], name='texts_textv_key_db45aa_idx')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('decision', 'waiting')), fields=('key',), name='one_waiting_version_of_a_text'), models.CheckConstraint(condition=models.Q(('decision__in', ['waiting', 'withdrawn']), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='text_version_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('decision', 'waiting')), models.Q(models.Q(('decision', 'waiting'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='text_version_is_decided_whole'), models.CheckConstraint(condition=models.Q(models.Q(('decision', 'agreed'), ('in_force_from__isnull', False)), models.Q(models.Q(('decision', 'agreed'), _negated=True), ('in_force_from__isnull', True)), _connector='OR'), name='text_version_agreed_has_its_time')],
                },
            ),
        ]),
        VERSIONS.operation(),
    ]
