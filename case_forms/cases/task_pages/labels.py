"""Words of tasks that people write down and finish by hand."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What everybody may read: the task's own words are sealed, and stand on the case's page.
BY_HAND = _("A task that was written down for this case")
LOOK = _("What is to be done stands on the case's page.")

PROBLEMS: dict[str, Promise | str] = {
    "same_person": _("Somebody else than you has to do this."),
    "over": _(
        "Somebody else has marked this task as done meanwhile, or it ended. What you wrote was not saved: copy it, and"
        " write it down as a new task if it is needed."
    ),
    "too_long": _("Write at most 500 characters."),
    "no_text": _("Write what is to be done."),
    "no_owner": _("Choose whose task it is."),
    "no_time": _("Choose the day and the time by which it is to be done."),
    "past": _("This time has passed. Choose a later one."),
    "too_far": _("Choose a time within a year."),
    "closed": _("The case is closed, so nothing can be added to it."),
}
FIELDS = {"no_owner": "owner", "no_time": "due", "past": "due", "too_far": "due"}
