"""The keys that sign webhooks to an institution's system: made by two people, shown once, changed with an overlap."""
