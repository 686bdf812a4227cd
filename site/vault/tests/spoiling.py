"""What a bad disk or a wrong restore does to a sealed value."""

from django.db import connection, models


def spoil(row: models.Model, column: str) -> None:
    """Overwrites eight characters of a sealed column where it lies; `row` itself is left as it was read."""
    table, key = row._meta.db_table, row._meta.pk.get_db_prep_value(row.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [key])  # noqa: S608
        whole = cursor.fetchone()[0]
        spoilt = whole[:-12] + ("AAAAAAAA" if whole[-12:-4] != "AAAAAAAA" else "BBBBBBBB") + whole[-4:]
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [spoilt, key])  # noqa: S608
