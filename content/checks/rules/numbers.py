"""Find telephone numbers in running text, where they can't disappear by themselves."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ...extract import PageParts
from ...phone_numbers import digits_of, numbers_in
from ..facts import CheckContext
from ..findings import STOP, WARN, Finding


def check(pieces: PageParts, facts: CheckContext) -> Iterator[Finding]:
    for each in [*pieces.words, *(seen for seen in pieces.seen if not seen.is_address)]:
        for number in numbers_in(each.text, known=facts.numbers):
            yield _finding(number, each.place, facts)
    for kind, target, _text, place in pieces.links:
        if kind == "address" and target.lower().startswith(("tel:", "sms:", "callto:", "whatsapp:")):
            yield _finding(target.partition(":")[2], place, facts)


def _finding(number: str, place: str, facts: CheckContext) -> Finding:
    shown = facts.numbers.get(digits_of(number))
    if shown:
        words = _("A telephone number in the text. Use the block “Helpline”: it disappears when it must.")
        return Finding("number_in_text", words, place, number, WARN)
    if shown is None:
        words = _("Nobody has verified this number. Enter it under “Helplines”, or remove it.")
    else:
        words = _("This helpline may not be shown to readers now. Remove the number, or have the helpline tested.")
    return Finding("unverified_number", words, place, number, STOP)
