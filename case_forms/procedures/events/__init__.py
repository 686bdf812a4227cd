"""What a rule can respond to: one class for each kind of event (docs/procedures.md). Imports nothing of Django."""
