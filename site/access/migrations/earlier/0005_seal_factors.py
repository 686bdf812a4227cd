"""Secrets of second factors that stand in clear are sealed; nobody is a superuser any more."""

import uuid

from django.db import migrations

PREFIX = "sealed:"


def seal(apps, _editor):
    Authenticator = apps.get_model("mfa", "Authenticator")
    FactorSecret = apps.get_model("access", "FactorSecret")
    for row in Authenticator.objects.exclude(type="webauthn").iterator():
        changed = False
        for name in ("secret", "seed"):
            text = row.data.get(name)
            if text and not str(text).startswith(PREFIX):
                made = FactorSecret(pk=uuid.uuid4(), content=text)
                made.save(force_insert=True)
                row.data[name] = f"{PREFIX}{made.pk}"
                changed = True
        if changed:
            row.save(update_fields=["data"])


def unseal(apps, _editor):
    Authenticator = apps.get_model("mfa", "Authenticator")
    FactorSecret = apps.get_model("access", "FactorSecret")
    for row in Authenticator.objects.exclude(type="webauthn").iterator():
        for name in ("secret", "seed"):
            text = str(row.data.get(name, ""))
            if text.startswith(PREFIX):
                found = FactorSecret.objects.filter(pk=text.removeprefix(PREFIX)).first()
                if found is not None:
                    row.data[name] = found.content
        row.save(update_fields=["data"])


def no_superusers(apps, _editor):
    apps.get_model("access", "User").objects.filter(is_superuser=True).update(is_superuser=False)


class Migration(migrations.Migration):
    dependencies = [("access", "0004_accounts_by_two"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [
        migrations.RunPython(seal, unseal),
        migrations.RunPython(no_superusers, migrations.RunPython.noop),
    ]
