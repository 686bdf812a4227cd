import django.db.models.deletion
import django.utils.timezone
import notifications.outbox.models
import uuid
import vault.fields
from django.db import migrations, models

from audit.index_operations import drop_pattern_indexes
from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('outbox', '0001_initial'),
        ('outbox', '0002_the_mobile_unit_is_told'),
        ('outbox', '0003_the_chain'),
        ('outbox', '0004_indexes_of_the_registers'),
        ('outbox', '0005_one_row_however_often'),
        ('outbox', '0006_words'),
        ('outbox', '0007_test_of_an_address'),
        ('outbox', '0008_roles_of_services'),
        ('outbox', '0009_details_of_a_reply'),
        ('outbox', '0010_home_of_its_case'),
        ('outbox', '0011_duty_notices'),
        ('outbox', '0012_more_purposes'),
        ('outbox', '0013_talk_in_a_notice'),
        ('outbox', '0014_indexes_of_registers'),
        ('outbox', '0015_other_ways'),
        ('outbox', '0016_answers_from_a_telephone'),
        ('outbox', '0017_mails_that_come_back'),
        ('outbox', '0018_texts'),
        ('outbox', '0019_attempts_name_their_key'),
        ('outbox', '0020_somebody_will_call'),
        ('outbox', '0021_one_index_for_each_column'),
        ('outbox', '0022_what_nobody_has_opened'),
        ('outbox', '0023_what_is_awaited_by_time'),
        ('outbox', '0024_fewer_indexes'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('directory', '0001_squashed_0018_staff_phones'),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='Heartbeat',
                fields=[
                    ('part', models.CharField(max_length=32, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('facts', models.JSONField(default=dict)),
                ],
                options={
                    'verbose_name': 'heartbeat',
                    'verbose_name_plural': 'heartbeats',
                },
            ),
            migrations.CreateModel(
                name='Notice',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('event_id', models.UUIDField()),
                    ('case_id', models.UUIDField(db_index=True)),
                    ('case_reference', models.CharField(db_index=True, max_length=8, verbose_name='case')),
                    ('code', models.CharField(default=notifications.outbox.models.new_code, editable=False, max_length=9, unique=True, verbose_name='code')),
                    ('purpose', models.CharField(choices=[('first', 'first notice'), ('reminder', 'reminder'), ('deputy', 'to the deputy'), ('call', 'to the coordinator: call'), ('fallback', 'to the coordinator: no contact found'), ('reroute', 'forwarded to another area'), ('instead', 'notified instead'), ('duty', 'a duty is due'), ('expect', 'somebody will call'), ('correction', 'a correction of what was read'), ('inform', 'for information'), ('test', 'test of an address and a PIN'), ('void', 'the case is void'), ('digest', 'to the coordinator: daily list of what is unanswered'), ('talk', 'something was added'), ('outcome', 'the outcome is awaited')], default='first', max_length=12, verbose_name='purpose')),
                    ('chase_id', models.UUIDField(editable=False, null=True)),
                    ('role', models.CharField(choices=[('police', 'anti-trafficking police officer'), ('responsible_authority', 'Responsible Authority'), ('cpu', 'Child Protection Unit'), ('protection_service', 'protection service'), ('coordinator', 'Vatra coordinator'), ('mobile_unit', 'mobile unit on duty'), ('social_service', 'social service'), ('school', 'school'), ('psychologist', 'psychologist'), ('health', 'health service'), ('legal_aid', 'legal aid'), ('embassy_desk', 'embassy, through the Responsible Authority')], max_length=24, verbose_name='role')),
                    ('recipient_key', models.CharField(max_length=64)),
                    ('chain', models.JSONField(blank=True, default=list)),
                    ('channel', models.CharField(default='email', max_length=16, verbose_name='channel')),
                    ('language', models.CharField(default='sq', max_length=5, verbose_name='language')),
                    ('is_drill', models.BooleanField(default=False, verbose_name='drill')),
                    ('needs_document', models.BooleanField(default=False, verbose_name='with PDF')),
                    ('brief', vault.fields.SealedJSONField()),
                    ('state', models.CharField(choices=[('owed', 'queued'), ('sending', 'sending'), ('sent', 'sent'), ('delivered', 'delivered'), ('opened', 'opened'), ('accepted', 'accepted'), ('declined', 'declined'), ('closed', 'closed'), ('failed', 'failed, will be tried again'), ('escalated', 'escalated'), ('cancelled', 'cancelled')], default='owed', max_length=12, verbose_name='state')),
                    ('answered_by', models.CharField(blank=True, choices=[('page', "on the notice's page"), ('sms', 'by SMS'), ('voice', 'by a key during a call')], editable=False, max_length=8)),
                    ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                    ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                    ('token', models.PositiveIntegerField(default=0)),
                    ('lease_until', models.DateTimeField(blank=True, null=True)),
                    ('next_attempt_at', models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True)),
                    ('repeats', models.PositiveIntegerField(default=0, verbose_name='sent again')),
                    ('repeated_at', models.DateTimeField(blank=True, null=True, verbose_name='sent again at')),
                    ('tries_before', models.PositiveIntegerField(default=0)),
                    ('listed_at', models.DateTimeField(blank=True, null=True)),
                    ('link_hash', models.CharField(max_length=64, unique=True)),
                    ('link_token', vault.fields.SealedTextField()),
                    ('link_expires_at', models.DateTimeField()),
                    ('link_revoked_at', models.DateTimeField(blank=True, null=True)),
                    ('ladder', models.JSONField(default=list)),
                    ('ladder_step', models.PositiveSmallIntegerField(default=0)),
                    ('next_step_at', models.DateTimeField(blank=True, null=True)),
                    ('answer_by', models.DateTimeField(blank=True, null=True, verbose_name='answer by')),
                    ('amber_at', models.DateTimeField(blank=True, null=True)),
                    ('red_at', models.DateTimeField(blank=True, null=True)),
                    ('breach_at', models.DateTimeField(blank=True, null=True)),
                    ('owed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                    ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                    ('delivered_at', models.DateTimeField(blank=True, null=True, verbose_name='delivered at')),
                    ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='opened at')),
                    ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted at')),
                    ('declined_at', models.DateTimeField(blank=True, null=True, verbose_name='declined at')),
                    ('escalated_at', models.DateTimeField(blank=True, null=True, verbose_name='escalated at')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                    ('cancelled_at', models.DateTimeField(blank=True, null=True, verbose_name='cancelled at')),
                    ('chases', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='chasers', to='outbox.notice', verbose_name='follows up')),
                    ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='directory.contact', verbose_name='recipient')),
                    ('home', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.municipality')),
                    ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.municipality', verbose_name='municipality')),
                    ('partner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='directory.partner', verbose_name='partner')),
                    ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.mobileunit', verbose_name='mobile unit')),
                    ('way', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.contactway', verbose_name='way')),
                ],
                options={
                    'verbose_name': 'notice',
                    'verbose_name_plural': 'notices',
                    'ordering': ['owed_at'],
                },
            ),
            migrations.CreateModel(
                name='Dispatch',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveIntegerField(default=1)),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('channel', models.CharField(max_length=16, verbose_name='channel')),
                    ('state', models.CharField(choices=[('waiting', 'queued'), ('sending', 'sending'), ('taken', 'sent'), ('delivered', 'delivered'), ('failed', 'failed'), ('not_needed', 'not needed any more')], default='waiting', max_length=12, verbose_name='state')),
                    ('error_code', models.CharField(blank=True, max_length=40, verbose_name='error code')),
                    ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                    ('token', models.PositiveIntegerField(default=0)),
                    ('lease_until', models.DateTimeField(blank=True, null=True)),
                    ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                    ('give_up_at', models.DateTimeField()),
                    ('provider', models.CharField(blank=True, max_length=40)),
                    ('provider_id', models.CharField(blank=True, max_length=100)),
                    ('owed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                    ('taken_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                    ('delivered_at', models.DateTimeField(blank=True, null=True, verbose_name='delivered at')),
                    ('way', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='directory.contactway', verbose_name='way')),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='outbox.notice', verbose_name='notice')),
                ],
                options={
                    'verbose_name': 'sending by another way',
                    'verbose_name_plural': 'sendings by other ways',
                    'ordering': ['owed_at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='BriefDocument',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('pdf', vault.fields.SealedBytesField()),
                    ('pages', models.PositiveSmallIntegerField(default=1, verbose_name='pages')),
                    ('rendered_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='rendered at')),
                    ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='document', to='outbox.notice', verbose_name='notice')),
                ],
                options={
                    'verbose_name': 'document',
                    'verbose_name_plural': 'documents',
                },
            ),
            migrations.CreateModel(
                name='Attempt',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField(verbose_name='number')),
                    ('token', models.PositiveIntegerField()),
                    ('channel', models.CharField(max_length=16)),
                    ('address', models.CharField(max_length=254, verbose_name='address')),
                    ('started_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started at')),
                    ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                    ('outcome', models.CharField(choices=[('started', 'started'), ('accepted', 'accepted by the server'), ('refused', 'refused by the server'), ('unreached', 'server not reached'), ('unsendable', 'could not be composed'), ('bounced', 'came back: the recipient’s server doesn’t take it')], default='started', max_length=12, verbose_name='outcome')),
                    ('error_code', models.CharField(blank=True, max_length=40, verbose_name='error code')),
                    ('texts', models.CharField(blank=True, default='', max_length=200, verbose_name='texts')),
                    ('mail_key', models.CharField(blank=True, default='', max_length=8, verbose_name='key')),
                    ('dispatch', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attempt_rows', to='outbox.dispatch', verbose_name='way')),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempt_rows', to='outbox.notice', verbose_name='notice')),
                ],
                options={
                    'verbose_name': 'attempt',
                    'verbose_name_plural': 'attempts',
                    'ordering': ['notice', 'number'],
                },
            ),
            migrations.CreateModel(
                name='Reply',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('accepted', 'accepted'), ('on_the_way', 'on the way'), ('declined', 'declined'), ('wrong_area', 'another area'), ('outcome', 'outcome')], max_length=12, verbose_name='kind')),
                    ('by', models.CharField(choices=[('page', "on the notice's page"), ('sms', 'by SMS'), ('voice', 'by a key during a call')], default='page', max_length=8, verbose_name='given')),
                    ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                    ('note', vault.fields.SealedTextField(blank=True, null=True)),
                    ('details', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('minutes', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='minutes until arrival')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='outbox.notice', verbose_name='notice')),
                    ('to_municipality', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.municipality')),
                ],
                options={
                    'verbose_name': 'reply',
                    'verbose_name_plural': 'replies',
                    'ordering': ['at'],
                },
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(fields=['state', 'next_attempt_at'], name='outbox_noti_state_334bc4_idx'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(fields=['state', 'lease_until'], name='outbox_noti_state_e95f32_idx'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(fields=['next_step_at'], name='outbox_noti_next_st_371a01_idx'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(fields=['-owed_at'], name='outbox_noti_owed_at_f8d03c_idx'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(fields=['state', '-owed_at'], name='outbox_noti_state_f69942_idx'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(fields=['chase_id', 'next_step_at'], name='outbox_noti_chase_i_218d22_idx'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(condition=models.Q(('opened_at__isnull', True)), fields=['state', 'owed_at'], name='notice_unopened_by_state'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(condition=models.Q(('state__in', ['accepted', 'declined', 'closed', 'cancelled']), _negated=True), fields=['state', 'purpose', 'id'], name='notice_open_by_state'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(condition=models.Q(models.Q(('state__in', ['owed', 'failed', 'sending', 'accepted', 'declined', 'closed', 'cancelled']), _negated=True), ('answer_by__isnull', False)), fields=['answer_by', 'id'], name='notice_awaiting_by_time'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(condition=models.Q(('chases__isnull', False)), fields=['chases'], name='notice_by_what_it_chases'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(condition=models.Q(('home__isnull', False)), fields=['home'], name='notice_by_home'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(condition=models.Q(('way__isnull', False)), fields=['way'], name='notice_by_way'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.UniqueConstraint(fields=('event_id', 'recipient_key'), name='one_notice_per_event_and_recipient'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['owed', 'sending', 'sent', 'delivered', 'opened', 'accepted', 'declined', 'closed', 'failed', 'escalated', 'cancelled'])), name='notice_known_state'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'sending')), models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until__isnull', True)), _connector='OR'), name='notice_lease_only_while_sending'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['owed', 'failed']), _negated=True), ('next_attempt_at__isnull', False), _connector='OR'), name='notice_unsent_has_next_attempt'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='notice_failed_has_reason'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(('sent_at__isnull', True), ('attempts__gte', 1), _connector='OR'), name='notice_sent_was_attempted'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['sent', 'delivered', 'opened', 'accepted', 'declined']), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='notice_sent_states_have_sent_at'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['opened', 'accepted', 'declined']), _negated=True), ('opened_at__isnull', False), models.Q(('answered_by__in', ['sms', 'voice']), ('state__in', ['accepted', 'declined'])), _connector='OR'), name='notice_opened_states_have_opened_at'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state', 'accepted'), _negated=True), ('accepted_at__isnull', False), _connector='OR'), models.Q(models.Q(('state', 'declined'), _negated=True), ('declined_at__isnull', False), _connector='OR'), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', False), _connector='OR'), models.Q(models.Q(('state', 'cancelled'), _negated=True), ('cancelled_at__isnull', False), _connector='OR')), name='notice_answer_states_have_times'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['accepted', 'declined', 'closed', 'cancelled']), _negated=True), models.Q(('next_attempt_at__isnull', True), ('next_step_at__isnull', True)), _connector='OR'), name='notice_settled_has_no_next_step'),
            ),
            migrations.AddConstraint(
                model_name='notice',
                constraint=models.CheckConstraint(condition=models.Q(('contact__isnull', False), ('sent_at__isnull', True), _connector='OR'), name='notice_without_contact_is_not_sent'),
            ),
            migrations.AddIndex(
                model_name='dispatch',
                index=models.Index(fields=['state', 'next_attempt_at'], name='outbox_disp_state_8136f2_idx'),
            ),
            migrations.AddIndex(
                model_name='dispatch',
                index=models.Index(fields=['state', 'lease_until'], name='outbox_disp_state_2c77c4_idx'),
            ),
            migrations.AddIndex(
                model_name='dispatch',
                index=models.Index(fields=['way', 'taken_at'], name='outbox_disp_way_id_b7d8a7_idx'),
            ),
            migrations.AddIndex(
                model_name='dispatch',
                index=models.Index(fields=['provider', 'provider_id'], name='outbox_disp_provide_3691ac_idx'),
            ),
            migrations.AddConstraint(
                model_name='dispatch',
                constraint=models.UniqueConstraint(fields=('notice', 'way', 'number'), name='one_dispatch_per_way_and_sending'),
            ),
            migrations.AddConstraint(
                model_name='dispatch',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'sending', 'taken', 'delivered', 'failed', 'not_needed'])), name='dispatch_known_state'),
            ),
            migrations.AddConstraint(
                model_name='dispatch',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'sending')), models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until__isnull', True)), _connector='OR'), name='dispatch_lease_only_while_sending'),
            ),
            migrations.AddConstraint(
                model_name='dispatch',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'waiting'), _negated=True), ('next_attempt_at__isnull', False), _connector='OR'), name='dispatch_waiting_has_next_attempt'),
            ),
            migrations.AddConstraint(
                model_name='dispatch',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state__in', ['taken', 'delivered']), _negated=True), ('taken_at__isnull', False), _connector='OR'), models.Q(models.Q(('state', 'delivered'), _negated=True), ('delivered_at__isnull', False), _connector='OR')), name='dispatch_sent_states_have_times'),
            ),
            migrations.AddIndex(
                model_name='attempt',
                index=models.Index(fields=['outcome', 'started_at'], name='outbox_atte_outcome_ad5fee_idx'),
            ),
            migrations.AddConstraint(
                model_name='attempt',
                constraint=models.UniqueConstraint(condition=models.Q(('dispatch__isnull', True)), fields=('notice', 'token'), name='one_attempt_per_token'),
            ),
            migrations.AddConstraint(
                model_name='attempt',
                constraint=models.UniqueConstraint(condition=models.Q(('dispatch__isnull', False)), fields=('dispatch', 'token'), name='one_attempt_per_dispatch_token'),
            ),
            migrations.AddIndex(
                model_name='reply',
                index=models.Index(fields=['-at'], name='outbox_repl_at_e61032_idx'),
            ),
        ]),
        drop_pattern_indexes("outbox_notice", "case_reference", "code", "link_hash"),
    ]
