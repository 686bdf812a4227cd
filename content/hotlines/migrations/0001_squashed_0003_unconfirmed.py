import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('lines', '0001_initial'),
        ('lines', '0002_words'),
        ('lines', '0003_unconfirmed'),
    ]

    dependencies = [
        ('content', '0001_squashed_0013_ways_are_tried_again'),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='ToldState',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('state', models.CharField(choices=[('fine', 'in order'), ('soon', 'test it this week'), ('stale', 'hidden: not tested'), ('untested', 'emergency number, shown but not tested'), ('unconfirmed', 'hidden: another editor must call this number'), ('off', 'not shown')], default='fine', max_length=16, verbose_name='state')),
                    ('told_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='notified at')),
                    ('line', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='told', to='content.hotline', verbose_name='helpline')),
                ],
                options={
                    'verbose_name': 'helpline notice to editors',
                    'verbose_name_plural': 'helpline notices to editors',
                },
            ),
        ]),
    ]
