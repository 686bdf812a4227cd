import case_forms.tips.models
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
        ('signals', '0001_initial'),
        ('signals', '0002_words'),
        ('signals', '0003_held_back_and_frozen'),
        ('signals', '0004_tips'),
        ('signals', '0005_voice_messages'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('builder', '0001_squashed_0006_facts_catalogue'),
        ('procedures', '0001_squashed_0004_declined_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='Tip',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('reference', models.CharField(default=case_forms.tips.models.new_tip_reference, max_length=8, unique=True, verbose_name='reference')),
                    ('session_id', models.UUIDField(blank=True, db_index=True, null=True)),
                    ('language', models.CharField(default='sq', max_length=5, verbose_name='language')),
                    ('answers', vault.fields.SealedJSONField(default=dict)),
                    ('send_key', models.CharField(max_length=64, unique=True)),
                    ('receipt_hash', models.CharField(blank=True, max_length=100, null=True, unique=True)),
                    ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='received at')),
                    ('state', models.CharField(choices=[('new', 'new'), ('read', 'being handled'), ('answered', 'answered'), ('closed', 'closed')], default='new', max_length=12, verbose_name='state')),
                    ('outcome', models.CharField(blank=True, choices=[('handled', 'handled'), ('identification', 'led to an identification'), ('not_for_us', 'not something we can help with'), ('spam', 'sent by mistake'), ('taken_back', 'withdrawn by the person')], max_length=16, verbose_name='outcome')),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='last change')),
                    ('taken_at', models.DateTimeField(blank=True, null=True, verbose_name='handled since')),
                    ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered at')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                    ('identification', models.UUIDField(blank=True, null=True)),
                    ('forget_after', models.DateField(blank=True, db_index=True, null=True)),
                    ('forgotten_at', models.DateTimeField(blank=True, null=True)),
                    ('held_back', models.BooleanField(default=False)),
                    ('frozen_at', models.DateTimeField(blank=True, null=True)),
                    ('erase_notices_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('form_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tips', to='builder.formversion', verbose_name='form')),
                    ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tips', to='access.municipality', verbose_name='municipality')),
                    ('procedure_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tips', to='procedures.procedureversion', verbose_name='procedure')),
                    ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tips', to='access.region', verbose_name='region')),
                    ('taken_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='handled by')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tips', to='access.mobileunit', verbose_name='mobile unit')),
                ],
                options={
                    'verbose_name': 'tip',
                    'verbose_name_plural': 'tips',
                    'db_table': 'signals_signal',
                    'ordering': ['-received_at'],
                },
            ),
            migrations.CreateModel(
                name='TipEvent',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(max_length=40, verbose_name='kind')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                    ('notice_id', models.UUIDField(blank=True, null=True)),
                    ('detail', models.JSONField(default=dict)),
                    ('explanation', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('tip', models.ForeignKey(db_column='signal_id', on_delete=django.db.models.deletion.PROTECT, related_name='events', to='signals.tip', verbose_name='tip')),
                ],
                options={
                    'verbose_name': 'tip event',
                    'verbose_name_plural': 'tip events',
                    'db_table': 'signals_signalevent',
                    'ordering': ['at'],
                },
            ),
            migrations.CreateModel(
                name='TipMessage',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('sender', models.CharField(choices=[('person', 'the person'), ('unit', 'the unit')], max_length=8, verbose_name='from')),
                    ('text', vault.fields.SealedTextField()),
                    ('key', models.CharField(max_length=64, unique=True)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                    ('seen_at', models.DateTimeField(blank=True, null=True, verbose_name='read at')),
                    ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
                    ('tip', models.ForeignKey(db_column='signal_id', on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='signals.tip', verbose_name='tip')),
                ],
                options={
                    'verbose_name': 'message',
                    'verbose_name_plural': 'messages',
                    'db_table': 'signals_signalmessage',
                    'ordering': ['at'],
                },
            ),
            migrations.CreateModel(
                name='TipVoice',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('seconds', models.PositiveSmallIntegerField(verbose_name='seconds')),
                    ('content_key', vault.fields.SealedBytesField()),
                    ('received_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='received at')),
                    ('tip', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='voice', to='signals.tip', verbose_name='tip')),
                ],
                options={
                    'verbose_name': 'voice message',
                    'verbose_name_plural': 'voice messages',
                    'db_table': 'signals_tipvoice',
                },
            ),
            migrations.AddIndex(
                model_name='tip',
                index=models.Index(fields=['unit', 'state', '-changed_at'], name='signals_sig_unit_id_ebd8e6_idx'),
            ),
            migrations.AddIndex(
                model_name='tip',
                index=models.Index(fields=['state', 'closed_at'], name='signals_sig_state_d28953_idx'),
            ),
            migrations.AddConstraint(
                model_name='tip',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['new', 'read', 'answered', 'closed'])), name='signal_known_state'),
            ),
            migrations.AddConstraint(
                model_name='tip',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state', 'closed'), models.Q(('outcome', ''), _negated=True)), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', True), ('outcome', '')), _connector='OR'), name='signal_closed_says_when_and_why'),
            ),
            migrations.AddConstraint(
                model_name='tip',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'answered'), _negated=True), ('answered_at__isnull', False), _connector='OR'), name='signal_answered_says_when'),
            ),
            migrations.AddConstraint(
                model_name='tipmessage',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('by__isnull', False), ('sender', 'unit')), models.Q(('by__isnull', True), ('sender', 'person')), _connector='OR'), name='signal_message_of_the_unit_has_an_author'),
            ),
        ]),
    ]
