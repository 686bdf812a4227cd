"""Back up into one encrypted archive, restore it, and prove that it can be restored (docs/adr/0178).

streams     age encryption of what is being written, and back
archive     members, the manifest with their digests, its signature
database    a consistent copy of SQLite or PostgreSQL, with its facts; putting one in place
contents    what belongs into an archive beside the database
making      one backup: copy, archive, read back, rotate
rotation    which archives stay
restoring   an archive into an empty place
checking    what is in place: schema, counts, chain, keys, files
proof       the monthly restore of the newest archive, by itself
settling    what a restored database must lose: sessions, tokens, forgotten cases
mail_log    notices that went out and that the database doesn't know
elsewhere   each backup taken to SFTP or S3, and back
point_in_time  what changes, stored each few seconds, and a moment restored from it
watch       mails to operators when one of these fails
"""
