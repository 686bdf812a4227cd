"""Which of these files the database in use can't try."""

from django.db import connection

collect_ignore = [] if connection.vendor == "postgresql" else ["test_two_machines.py"]  # SQLite has one machine
