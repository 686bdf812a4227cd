"""Trying a form out while it is being edited: the form as a phone shows it, what its rules do, and who would be told.

Nothing is stored: no draft, no submission, no session, no entry in the record. What was typed comes with each request
and goes with its reply.
"""
