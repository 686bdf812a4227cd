from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What one person adds in an emergency is told beside the others, ends, and is then neither agreed to nor refused."""

    breaks_old_code = "old code writes no shift beside others, and no change that ended by itself"

    dependencies = [
        ('directory', '0001_squashed_0018_staff_phones'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='directorychange',
            name='directory_change_is_decided_whole',
        ),
        migrations.AddField(
            model_name='dutyshift',
            name='is_beside',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='beside the others'),
        ),
        migrations.AlterField(
            model_name='directorychange',
            name='decision',
            field=models.CharField(choices=[('waiting', 'waiting'), ('agreed', 'agreed'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('ended', 'ended by itself: nobody agreed in time')], default='waiting', max_length=12, verbose_name='decision'),
        ),
        migrations.AlterField(
            model_name='webhookkeyrequest',
            name='decision',
            field=models.CharField(choices=[('waiting', 'waiting'), ('agreed', 'agreed'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('ended', 'ended by itself: nobody agreed in time')], default='waiting', max_length=12, verbose_name='decision'),
        ),
        migrations.AddIndex(
            model_name='dutyshift',
            index=models.Index(condition=models.Q(('is_beside', True)), fields=['starts_at'], name='shift_beside'),
        ),
        migrations.AddConstraint(
            model_name='directorychange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('decision', 'waiting')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', True), ('decision', 'ended')), models.Q(models.Q(('decision__in', ['waiting', 'ended']), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='directory_change_is_decided_whole'),
        ),
        migrations.AddConstraint(
            model_name='dutyshift',
            constraint=models.CheckConstraint(condition=models.Q(('is_beside', False), ('ends_at__isnull', False), _connector='OR'), name='shift_beside_ends'),
        ),
    ]
