"""The words for why a tip was handled as it was, where the procedure's own words don't say it."""

from django.utils.translation import gettext

from case_forms.cases.brief_content import both
from notifications.directory.models import Role


def own_words(why_not: str) -> dict[str, str]:
    if why_not:
        return both(
            lambda: gettext(
                "The procedure could not decide about this message, so only the unit was notified. The police and the"
                " Child Protection Unit were NOT notified: decide yourselves, and inform your coordinator."
            )
        )
    return both(
        lambda: gettext("No rule of the procedure notifies the unit of this message, so it is notified by default.")
    )


def joined_words(role: str, code: str) -> dict[str, str]:
    def words() -> str:
        who = Role(role).label if role in Role.values else role
        return gettext("%(who)s: added to notice %(code)s, which is still open about this place.") % {
            "who": str(who).capitalize(),
            "code": code,
        }

    return both(words)


def held_back_words() -> dict[str, str]:
    return both(
        lambda: gettext(
            "So many messages came in within this hour that only the unit was notified of this one. Read it, and decide"
            " whether the others should be notified."
        )
    )
