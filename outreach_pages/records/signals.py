"""What rooms above hear of a session, in the transaction in which it is recorded. All are sent with `session` and `at`.

Whoever listens raises nothing: what is recorded of a session stands whatever follows from it.
"""

from django.dispatch import Signal

session_held = Signal()
session_corrected = Signal()  # with `fields`, the names of what reads otherwise now
session_reported = Signal()  # with `submission_id`, the report's
session_not_held = Signal()  # it was recorded as held by mistake, and is planned again
