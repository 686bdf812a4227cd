import content.checks.models
import content.checks.words
import django.db.models.deletion
import functools
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('checks', '0001_initial'),
        ('checks', '0002_checked_page'),
        ('checks', '0003_words'),
    ]

    dependencies = [
        ('wagtailcore', '0098_apitoken'),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='CheckedPage',
                fields=[
                    ('page', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='checked', serialize=False, to=settings.WAGTAIL_PAGE_MODEL, verbose_name='page')),
                    ('at', models.DateTimeField(db_index=True, null=True, verbose_name='checked at')),
                    ('stops', models.PositiveSmallIntegerField(default=0, verbose_name='what must not be published')),
                    ('others', models.PositiveSmallIntegerField(default=0, verbose_name='what to check')),
                ],
                options={
                    'verbose_name': 'checked page',
                    'verbose_name_plural': 'checked pages',
                },
            ),
            migrations.CreateModel(
                name='WordsToAvoid',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('avoid_sq', models.TextField(blank=True, default=functools.partial(content.checks.words.shipped, *('avoid', 'sq'), **{}), validators=[content.checks.models.readable], verbose_name='in texts (Albanian)')),
                    ('avoid_en', models.TextField(blank=True, default=functools.partial(content.checks.words.shipped, *('avoid', 'en'), **{}), validators=[content.checks.models.readable], verbose_name='in texts (English)')),
                    ('loud_sq', models.TextField(blank=True, default=functools.partial(content.checks.words.shipped, *('loud', 'sq'), **{}), validators=[content.checks.models.readable], verbose_name='in titles and addresses (Albanian)')),
                    ('loud_en', models.TextField(blank=True, default=functools.partial(content.checks.words.shipped, *('loud', 'en'), **{}), validators=[content.checks.models.readable], verbose_name='in titles and addresses (English)')),
                ],
                options={
                    'verbose_name': 'words to avoid',
                    'verbose_name_plural': 'words to avoid',
                },
            ),
        ]),
    ]
