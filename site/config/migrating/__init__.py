"""How a database gets this release's tables: a new one by squashed migrations, an older one by its own (ADR 245)."""
