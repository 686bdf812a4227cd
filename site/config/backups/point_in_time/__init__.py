"""Restore to a moment: after a base, what has changed is written each few seconds, encrypted like a backup.

Why it is built so: docs/adr/0205.

names       what the files are called, which of them lead to a moment, which are too old
sources     what both databases offer
pages       SQLite: the pages that differ since the last time, and putting them together again
wal         PostgreSQL: its log, received as it is written, and its base
recovery    PostgreSQL: a base and its log brought to a moment by a server of one's own
files       attached files and public files that are new, changed or gone
writing     one base and the changes after it, in a folder of BACKUP_DIR
taking      the same files taken to BACKUP_TO, in their order
running     the loop of `manage.py point_in_time`, and what it reports
restoring   a moment put into an empty place
"""

FOLDER = "point-in-time"  # in BACKUP_DIR
