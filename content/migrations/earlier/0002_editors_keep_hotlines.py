"""Editors and moderators may add and change telephone lines; moderators may also delete them."""

from django.db import migrations

GRANTS = {"Editors": ("add", "change", "view"), "Moderators": ("add", "change", "delete", "view")}


def grant(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    kind, _created = ContentType.objects.get_or_create(app_label="content", model="hotline")
    for group_name, verbs in GRANTS.items():
        group, _created = Group.objects.get_or_create(name=group_name)
        for verb in verbs:
            permission, _created = Permission.objects.get_or_create(
                content_type=kind, codename=f"{verb}_hotline", defaults={"name": f"Can {verb} telephone line"}
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0001_initial"),
        ("wagtailcore", "0002_initial_data"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
