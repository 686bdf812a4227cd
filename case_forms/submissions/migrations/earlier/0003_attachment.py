"""Pictures and documents that answer a question of type `file`."""

import django.db.models.deletion
import django.utils.timezone
import uuid
import vault.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0001_initial'),
        ('intake', '0002_draft_language_left_over'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                ('draft', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='intake.draft')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to=settings.AUTH_USER_MODEL)),
                ('submission', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='intake.submission')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='access.mobileunit')),
            ],
            options={
                'verbose_name': 'attached file',
                'verbose_name_plural': 'attached files',
                'ordering': ['uploaded_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('draft__isnull', True), ('submission__isnull', True), _connector='OR'), name='attachment_of_a_draft_or_a_submission')],
            },
        ),
    ]
