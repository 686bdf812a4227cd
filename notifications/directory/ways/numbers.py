"""Telephone numbers of contacts, as a gateway takes them: E.164."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_valid_number,
    number_type,
    parse,
)

from .models import WayKind

COUNTRY = "AL"  # of a number that is written without a country code
# The ways whose address is a number.
NUMBERED = (WayKind.SMS, WayKind.VOICE)
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def read_number(text: str, *, mobile: bool = False) -> str:
    """Return a number in E.164 form. Raises ValidationError for what is no number, or, with `mobile`, takes no SMS."""
    try:
        number = parse(text, COUNTRY)
    except NumberParseException:
        raise ValidationError(_("This is no telephone number. Write it with its country code.")) from None
    if not is_valid_number(number):
        raise ValidationError(_("No network has such a number. Check its digits and the country code."))
    if mobile and number_type(number) not in _MOBILE:
        raise ValidationError(_("This is a landline: it can take no SMS."))
    return format_number(number, PhoneNumberFormat.E164)
