import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('inbound', '0001_initial'),
    ]

    dependencies = [
        ('outbox', '0001_squashed_0024_fewer_indexes'),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='InboundRecord',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('provider', models.CharField(max_length=40)),
                    ('key_hash', models.CharField(max_length=100, unique=True)),
                    ('kind', models.CharField(choices=[('sms', 'SMS'), ('key', 'pressed key')], max_length=8)),
                    ('outcome', models.CharField(choices=[('taken', 'answered the notice'), ('refused', 'could not be taken any more'), ('unreadable', 'no answer'), ('unknown', 'no such code'), ('wrong_sender', "not from the recipient's number"), ('not_here', "needs the notice's page")], max_length=16)),
                    ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                    ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                    ('dispatch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.dispatch')),
                    ('notice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.notice')),
                ],
                options={
                    'verbose_name': 'what came in',
                    'verbose_name_plural': 'what came in',
                    'ordering': ['-at'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('confirmed_at__isnull', False)), fields=('notice',), name='one_sms_back_for_each_notice')],
                },
            ),
        ]),
    ]
