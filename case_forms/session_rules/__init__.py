"""What the procedure says about informative sessions: who is told, by when the unit reports (docs/procedures.md)."""
