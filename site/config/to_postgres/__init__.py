"""Move everything from SQLite to an empty PostgreSQL, verified row by row (docs/adr/0185).

values    one value from SQLite as PostgreSQL takes it; the same canonical bytes for both sides
source    the SQLite file, stopped and frozen while it is read
target    the PostgreSQL database: empty or begun, its schema, triggers and sequences
moving    the copy in one transaction, the comparison, and what is looked at afterwards
"""
