import case_forms.submissions.exports.models
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
        ('intake', '0001_initial'),
        ('intake', '0002_draft_language_left_over'),
        ('intake', '0003_attachment'),
        ('intake', '0004_answer_exports'),
        ('intake', '0005_forget_after'),
        ('intake', '0006_what_came_of_it'),
        ('intake', '0007_submission_confirmed'),
        ('intake', '0008_draft_section_versions'),
        ('intake', '0009_submission_received_index'),
        ('intake', '0010_words'),
        ('intake', '0011_draft_besides'),
        ('intake', '0012_corrections'),
        ('intake', '0013_facts_carried_over'),
        ('intake', '0014_consent_backfill'),
        ('intake', '0015_what_ends'),
        ('intake', '0016_indexes_of_registers'),
        ('intake', '0017_phones_that_store'),
        ('intake', '0018_what_phones_handed'),
        ('intake', '0019_index_of_when_it_happened'),
        ('intake', '0020_a_forms_submissions_by_day'),
        ('intake', '0021_fewer_indexes'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('builder', '0001_squashed_0006_facts_catalogue'),
        ('cases', '0001_squashed_0028_fewer_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='AnswerExport',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('filters', models.JSONField(default=dict)),
                    ('format', models.CharField(choices=[('csv', 'CSV (one table for each group, in a zip)'), ('xlsx', 'XLSX (one sheet for each group)')], max_length=4)),
                    ('labels', models.BooleanField(default=True)),
                    ('language', models.CharField(max_length=10)),
                    ('total', models.PositiveIntegerField(default=0)),
                    ('done', models.PositiveIntegerField(default=0)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('started_at', models.DateTimeField(blank=True, null=True)),
                    ('ready_at', models.DateTimeField(blank=True, null=True)),
                    ('failed', models.CharField(blank=True, max_length=40)),
                    ('expires_at', models.DateTimeField(db_index=True, default=case_forms.submissions.exports.models.expiry)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answer_exports', to=settings.AUTH_USER_MODEL)),
                    ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exports', to='builder.formdefinition')),
                ],
                options={
                    'verbose_name': 'export of answers',
                    'verbose_name_plural': 'exports of answers',
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='ExportPart',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveIntegerField()),
                    ('content', vault.fields.SealedBytesField()),
                    ('export', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='intake.answerexport')),
                ],
                options={
                    'verbose_name': 'part of an export',
                    'verbose_name_plural': 'parts of exports',
                    'ordering': ['export', 'number'],
                },
            ),
            migrations.CreateModel(
                name='Submission',
                fields=[
                    ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                    ('occurred_at', models.DateTimeField(verbose_name='when it happened')),
                    ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='received at')),
                    ('answers', vault.fields.SealedJSONField()),
                    ('fingerprint', models.CharField(max_length=100)),
                    ('receipt', models.JSONField(default=dict)),
                    ('carried_over', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('confirmed', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('forget_after', models.DateField(blank=True, db_index=True, null=True)),
                    ('forgotten_at', models.DateTimeField(blank=True, null=True)),
                    ('is_drill', models.BooleanField(default=False, verbose_name='drill')),
                    ('explanation', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('is_unmatched', models.BooleanField(default=False, verbose_name='no rule covered it')),
                    ('handled_at', models.DateTimeField(blank=True, null=True, verbose_name='handled at')),
                    ('correction_reason', vault.fields.SealedTextField(blank=True, null=True)),
                    ('from_phone', models.JSONField(blank=True, null=True)),
                    ('case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='cases.case')),
                    ('corrects', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='intake.submission')),
                    ('form_version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='builder.formversion')),
                    ('handled_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='handled by')),
                    ('submitted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='access.mobileunit')),
                ],
                options={
                    'verbose_name': 'submission',
                    'verbose_name_plural': 'submissions',
                    'ordering': ['-received_at'],
                },
            ),
            migrations.CreateModel(
                name='Draft',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('answers', vault.fields.SealedJSONField(default=dict)),
                    ('filled', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('left_over', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('language', models.CharField(blank=True, default='', max_length=8, verbose_name='language of the form')),
                    ('section', models.CharField(blank=True, max_length=64)),
                    ('section_versions', models.JSONField(blank=True, default=dict)),
                    ('besides', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('handed', vault.fields.SealedJSONField(blank=True, null=True)),
                    ('occurred_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='when it happened')),
                    ('started_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started at')),
                    ('saved_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='saved at')),
                    ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='submitted at')),
                    ('correction_reason', vault.fields.SealedTextField(blank=True, null=True)),
                    ('from_phone', models.JSONField(blank=True, null=True)),
                    ('warnings', models.PositiveSmallIntegerField(default=0)),
                    ('warned_at', models.DateTimeField(blank=True, null=True)),
                    ('case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='cases.case')),
                    ('form_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='builder.formversion')),
                    ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='access.mobileunit')),
                    ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correcting_drafts', to='intake.submission')),
                ],
                options={
                    'verbose_name': 'draft',
                    'verbose_name_plural': 'drafts',
                    'ordering': ['-saved_at'],
                },
            ),
            migrations.CreateModel(
                name='Attachment',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('media_type', models.CharField(max_length=32, verbose_name='kind')),
                    ('size', models.PositiveIntegerField(verbose_name='size')),
                    ('fingerprint', models.CharField(max_length=100)),
                    ('name', vault.fields.SealedTextField(blank=True, verbose_name='name')),
                    ('content_key', vault.fields.SealedBytesField()),
                    ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='uploaded at')),
                    ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='access.mobileunit')),
                    ('draft', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='intake.draft')),
                    ('submission', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='intake.submission')),
                ],
                options={
                    'verbose_name': 'attached file',
                    'verbose_name_plural': 'attached files',
                    'ordering': ['uploaded_at'],
                },
            ),
            migrations.AddConstraint(
                model_name='answerexport',
                constraint=models.CheckConstraint(condition=models.Q(('ready_at__isnull', True), ('failed', ''), _connector='OR'), name='export_is_ready_or_failed'),
            ),
            migrations.AddConstraint(
                model_name='exportpart',
                constraint=models.UniqueConstraint(fields=('export', 'number'), name='one_export_part_per_number'),
            ),
            migrations.AddIndex(
                model_name='submission',
                index=models.Index(fields=['unit', '-received_at'], name='intake_subm_unit_id_5c3916_idx'),
            ),
            migrations.AddIndex(
                model_name='submission',
                index=models.Index(fields=['-received_at'], name='intake_subm_receive_a3ab7a_idx'),
            ),
            migrations.AddIndex(
                model_name='submission',
                index=models.Index(fields=['occurred_at'], name='intake_subm_occurre_e89ce9_idx'),
            ),
            migrations.AddIndex(
                model_name='submission',
                index=models.Index(fields=['form_version', '-received_at'], name='intake_subm_form_ve_d9d3de_idx'),
            ),
            migrations.AddIndex(
                model_name='submission',
                index=models.Index(fields=['form_version', 'occurred_at'], name='submission_of_form_by_day'),
            ),
            migrations.AddIndex(
                model_name='submission',
                index=models.Index(condition=models.Q(('handled_at__isnull', True), ('is_unmatched', True)), fields=['unit'], name='submission_without_a_rule'),
            ),
            migrations.AddIndex(
                model_name='submission',
                index=models.Index(condition=models.Q(('handled_by__isnull', False)), fields=['handled_by'], name='submission_by_who_handled'),
            ),
            migrations.AddConstraint(
                model_name='attachment',
                constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', True), ('submission__isnull', True), _connector='OR'), name='attachment_of_a_draft_or_a_submission'),
            ),
        ]),
    ]
