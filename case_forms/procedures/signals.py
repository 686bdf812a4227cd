"""Signals of deciding, for the rooms above."""

from django.dispatch import Signal

# After a decision, before it is carried out: `event` (decide.Event), `procedure` (definition.Procedure), `decision`
# (decide.Decision), `labels` ({language: Labels}). All of it may hold answers: receivers keep it in memory only.
decided = Signal()
