"""What the procedure says about the alarm of a phone without data: who expects the call (docs/procedures.md)."""
