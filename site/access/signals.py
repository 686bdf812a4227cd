"""The signals that accounts send to the rooms above."""

from django.dispatch import Signal

# kwargs: users (a list of access.User). They were mailed of something that can't wait.
staff_alarmed = Signal()
