"""The signals that notifications send to the rooms above. Sent inside the transaction of the act."""

from django.dispatch import Signal

# kwargs: notice (outbox.Notice), reply (outbox.Reply). A recipient answered.
notice_answered = Signal()

# kwargs: notice. A recipient opened the brief with the right PIN for the first time.
notice_opened = Signal()

# kwargs: notice (the one that escalates), step ("remind" | "deputy" | "call"), words (why, for people: a list of
# {language: text}). A step of its escalation was taken.
notice_escalated = Signal()

# kwargs: notice, words (how its recipient was found: a list of {language: text}). The directory named somebody for a
# notice that had nobody.
notice_resolved = Signal()

# kwargs: contact (directory.Contact). Its address, PIN, office or active flag was changed: what is open for it ends.
contact_changed = Signal()

# kwargs: contact, at (datetime). So many wrong PINs were tried at their links within a day that one was at a standing
# link and used up the count: somebody has to phone them. Sent outside any transaction.
contact_guessed = Signal()

# kwargs: contact. It counts only once it has opened a test notice with its PIN: one has to be created.
contact_untested = Signal()

# kwargs: notice (the one through which it was written; of the unit's, the first of its chain), message
# (briefs.TalkMessage). Something was written in the conversation about a notice.
notice_talked = Signal()

# kwargs: way (directory.ContactWay). It counts only once a test sent along it was opened: one has to be created.
way_untested = Signal()

# kwargs: way. Its other side says that it is no more; nothing further is sent along it.
way_ended = Signal()
