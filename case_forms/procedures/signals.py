"""Signals of deciding, for the rooms above."""

from django.dispatch import Signal

# After a decision, before it is carried out: `event` (decide.Event), `procedure` (definition.Procedure), `decision`
# (decide.Decision), `labels` ({language: Labels}). All of it may hold answers: receivers keep it in memory only.
decided = Signal()

# A second person has approved a version, in the transaction that publishes it: `procedure` (the row), `submitted_at`,
# `by`. What else waits for a second person's approval is taken over with it, as it stood when it was submitted.
approved = Signal()
