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
        ('briefs', '0001_initial'),
        ('briefs', '0002_further_reports'),
        ('briefs', '0003_earlier_briefs'),
        ('briefs', '0004_talk_in_a_notice'),
        ('briefs', '0005_protocol_numbers'),
        ('briefs', '0006_accepted_unread'),
    ]

    dependencies = [
        ('directory', '0001_squashed_0018_staff_phones'),
        ('outbox', '0001_squashed_0024_fewer_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='ProtocolYear',
                fields=[
                    ('year', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                    ('last', models.PositiveIntegerField(default=0)),
                ],
                options={
                    'verbose_name': 'year of protocol numbers',
                    'verbose_name_plural': 'years of protocol numbers',
                },
            ),
            migrations.CreateModel(
                name='AwaitedOutcome',
                fields=[
                    ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='awaited_outcome', serialize=False, to='outbox.notice')),
                    ('next_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('asked', models.PositiveSmallIntegerField(default=0)),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name': 'awaited outcome',
                    'verbose_name_plural': 'awaited outcomes',
                    'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('next_at__isnull', True), _connector='OR'), name='ended_outcome_has_no_next_time')],
                },
            ),
            migrations.CreateModel(
                name='BriefSession',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('closed_at', models.DateTimeField(blank=True, null=True)),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='outbox.notice')),
                ],
                options={
                    'verbose_name': 'brief session',
                    'verbose_name_plural': 'brief sessions',
                    'ordering': ['-opened_at'],
                },
            ),
            migrations.CreateModel(
                name='PinTry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('address_hash', models.CharField(db_index=True, max_length=100)),
                    ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                    ('succeeded', models.BooleanField()),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pin_tries', to='outbox.notice')),
                ],
                options={
                    'verbose_name': 'PIN try',
                    'verbose_name_plural': 'PIN tries',
                    'ordering': ['-at'],
                },
            ),
            migrations.CreateModel(
                name='ProtocolNumber',
                fields=[
                    ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='protocol_number', serialize=False, to='outbox.notice')),
                    ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                    ('number', models.PositiveIntegerField(verbose_name='number')),
                ],
                options={
                    'verbose_name': 'protocol number',
                    'verbose_name_plural': 'protocol numbers',
                    'ordering': ['year', 'number'],
                    'constraints': [models.UniqueConstraint(fields=('year', 'number'), name='one_notice_per_protocol_number')],
                },
            ),
            migrations.CreateModel(
                name='TalkNotice',
                fields=[
                    ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='talk_notice', serialize=False, to='outbox.notice')),
                    ('about', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='talk_notices', to='outbox.notice')),
                ],
                options={
                    'verbose_name': 'notice about a conversation',
                    'verbose_name_plural': 'notices about conversations',
                },
            ),
            migrations.CreateModel(
                name='EarlierBrief',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('event_id', models.UUIDField()),
                    ('brief', vault.fields.SealedJSONField()),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('seen_at', models.DateTimeField(blank=True, null=True)),
                    ('erased_at', models.DateTimeField(blank=True, null=True)),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='earlier_briefs', to='outbox.notice')),
                ],
                options={
                    'verbose_name': 'earlier brief',
                    'verbose_name_plural': 'earlier briefs',
                    'ordering': ['-at'],
                    'constraints': [models.UniqueConstraint(fields=('notice', 'event_id'), name='one_earlier_brief_per_correction')],
                },
            ),
            migrations.CreateModel(
                name='FurtherReport',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('source_id', models.UUIDField(db_index=True)),
                    ('event_id', models.UUIDField()),
                    ('reference', models.CharField(max_length=8)),
                    ('origin', models.CharField(blank=True, max_length=40)),
                    ('is_urgent', models.BooleanField(default=False)),
                    ('brief', vault.fields.SealedJSONField()),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('alarm_due_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('alarmed_at', models.DateTimeField(blank=True, null=True)),
                    ('settled_at', models.DateTimeField(blank=True, null=True)),
                    ('erased_at', models.DateTimeField(blank=True, null=True)),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='further_reports', to='outbox.notice')),
                ],
                options={
                    'verbose_name': 'further report',
                    'verbose_name_plural': 'further reports',
                    'ordering': ['-at'],
                    'indexes': [models.Index(fields=['notice', '-at'], name='briefs_furt_notice__074105_idx'), models.Index(fields=['event_id'], name='briefs_furt_event_i_68b488_idx')],
                    'constraints': [models.UniqueConstraint(fields=('notice', 'event_id'), name='one_further_report_per_event'), models.CheckConstraint(condition=models.Q(('alarm_due_at__isnull', True), ('alarmed_at__isnull', True), _connector='OR'), name='further_report_is_alarmed_once')],
                },
            ),
            migrations.CreateModel(
                name='TalkMessage',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('key', models.UUIDField()),
                    ('kind', models.CharField(choices=[('question', 'question'), ('word', 'for your information'), ('answer', 'answer'), ('addition', 'added by the unit')], max_length=10, verbose_name='kind')),
                    ('text', vault.fields.SealedTextField(blank=True, null=True)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                    ('read_at', models.DateTimeField(blank=True, null=True)),
                    ('answered_at', models.DateTimeField(blank=True, null=True)),
                    ('mail_due_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('mailed_at', models.DateTimeField(blank=True, null=True)),
                    ('erased_at', models.DateTimeField(blank=True, null=True)),
                    ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.contact')),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='talk', to='outbox.notice')),
                    ('through', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.notice')),
                ],
                options={
                    'verbose_name': 'message about a notice',
                    'verbose_name_plural': 'messages about notices',
                    'ordering': ['at', 'pk'],
                    'indexes': [models.Index(fields=['notice', 'at'], name='briefs_talk_notice__058707_idx')],
                    'constraints': [models.UniqueConstraint(fields=('notice', 'key'), name='one_message_per_notice_and_key'), models.CheckConstraint(condition=models.Q(models.Q(('author__isnull', True), ('contact__isnull', False), ('kind__in', ['question', 'word'])), models.Q(('author__isnull', False), ('contact__isnull', True), ('kind__in', ['answer', 'addition'])), _connector='OR'), name='message_is_of_one_side'), models.CheckConstraint(condition=models.Q(('answered_at__isnull', True), ('kind', 'question'), _connector='OR'), name='only_a_question_is_answered')],
                },
            ),
            migrations.CreateModel(
                name='UnreadAcceptance',
                fields=[
                    ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='unread_acceptance', serialize=False, to='outbox.notice')),
                    ('next_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('asked', models.PositiveSmallIntegerField(default=0)),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('asking', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.notice')),
                ],
                options={
                    'verbose_name': 'accepted, not opened',
                    'verbose_name_plural': 'accepted, not opened',
                    'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('next_at__isnull', True), _connector='OR'), name='ended_unread_has_no_next_time')],
                },
            ),
        ]),
    ]
