"""Tells Wagtail which forms are published and which of them have been changed since, and takes back the rights to publish
alone and to delete (docs/adr/0012)."""

import json

from django.db import migrations


def tell(apps, schema_editor):
    form_model = apps.get_model("builder", "FormDefinition")
    version_model = apps.get_model("builder", "FormVersion")
    for form in form_model.objects.all():
        versions = version_model.objects.filter(form=form)
        newest, first = versions.order_by("-number").first(), versions.order_by("number").first()
        form.live = newest is not None
        form.has_unpublished_changes = newest is None or json.loads(newest.canonical) != form.definition
        if newest is not None:
            form.first_published_at, form.last_published_at = first.published_at, newest.published_at
            form.live_revision = None if form.has_unpublished_changes else form.latest_revision
        form.save()


def take_back(apps, schema_editor):
    permission_model = apps.get_model("auth", "Permission")
    for right in permission_model.objects.filter(
        content_type__app_label="builder", codename__in=("publish_formdefinition", "delete_formdefinition")
    ):
        right.group_set.clear()


class Migration(migrations.Migration):
    dependencies = [("auth", "0012_alter_user_first_name_max_length"), ("builder", "0003_second_pair_of_eyes")]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
        migrations.RunPython(take_back, migrations.RunPython.noop),
    ]
