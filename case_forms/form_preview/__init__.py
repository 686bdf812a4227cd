"""Preview of a form while it is being edited: as a phone shows it, what its rules do, and who would be notified.

Nothing is stored: no draft, no submission, no session, no audit event. What was typed comes with each request and goes
with its reply (docs/adr/0014).
"""
