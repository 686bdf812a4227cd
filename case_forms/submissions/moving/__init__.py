"""Move a form that was sent to the wrong case: its answers, and its decision, to the case that they belong to."""
