"""A text search configuration that takes words as they are, without dots and hooks where the database can."""

from django.db import migrations


def make(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_ts_config WHERE cfgname = 'vatra'")
        if cursor.fetchone():
            return
        cursor.execute("CREATE TEXT SEARCH CONFIGURATION vatra (COPY = simple)")
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'unaccent'")
        if cursor.fetchone():  # part of PostgreSQL's usual packages; a database's owner may install it
            cursor.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
            cursor.execute(
                "ALTER TEXT SEARCH CONFIGURATION vatra"
                " ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple"
            )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TEXT SEARCH CONFIGURATION IF EXISTS vatra")


class Migration(migrations.Migration):
    dependencies = [("content", "0003_public_site")]
    operations = [migrations.RunPython(make, remove)]
