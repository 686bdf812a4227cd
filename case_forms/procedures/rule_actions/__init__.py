"""What a rule can do: one class for each kind of action (docs/procedures.md). Imports nothing of Django."""
