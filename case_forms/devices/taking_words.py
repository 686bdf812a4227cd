"""Why a draft can't go on on its owner's phone, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OBSTACLES: dict[str, Promise] = {
    "no_phone": _("You have no phone that stores now. Set one up first, if a coordinator has allowed it."),
    "not_yours": _("Only whoever began a draft takes it along on their phone, and not once it is sent."),
    "not_offered": _("This draft isn't offered to this phone any more. Press again on its page on the service."),
    "correction": _("A correction of a form that was sent goes on here only."),
    "both": _("Two texts of this draft wait for your choice. Choose first."),
    "left_over": _("Answers that no longer fit this form are beside the draft. Look at them here and send it here."),
    "version": _("This draft is of a version of the form that was replaced or withdrawn. Move it to the newest first."),
    "restricted": _("The person asked that their data aren't used for now, so the draft isn't taken along."),
    "not_shown": _("It holds something that only the service's pages can go on with. Go on with it here."),
    "files": _("A file that the draft names isn't on the service any more. Choose it again or remove it first."),
}
