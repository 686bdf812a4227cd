"""What notifications tells the rooms above it. Sent inside the transaction of the deed."""

from django.dispatch import Signal

# kwargs: notice (outbox.Notice), reply (outbox.Reply). A recipient answered.
notice_answered = Signal()

# kwargs: notice. A recipient opened the brief with the right PIN for the first time.
notice_opened = Signal()

# kwargs: notice (the chased one), step ("remind" | "deputy" | "call"), words (why, for people: a list of {"sq", "en"}).
# The clock moved on.
notice_escalated = Signal()

# kwargs: notice, words (how its recipient was found: a list of {"sq", "en"}). The directory named somebody for a notice
# that had nobody.
notice_resolved = Signal()

# kwargs: contact (directory.Contact). Its address, PIN, office or active flag was changed: what is open for it ends.
contact_changed = Signal()

# kwargs: contact. It counts only once it has opened a test notice with its PIN: one is owed to it.
contact_untested = Signal()
