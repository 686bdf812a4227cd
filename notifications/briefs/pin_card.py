"""The card handed over when a PIN is agreed: who we are, our numbers, how a true link begins, how it works.

It never holds a PIN. The slip below the cut has an empty field, to be filled by hand while both are there; what the
system stores of a PIN is a hash, and nothing of it can be printed.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from access.models import localize
from audit.chain import get_actor, log_event
from audit.denials import record_denial
from notifications.directory.models import Contact
from notifications.directory.scope import get_entries
from notifications.directory.senders import choose_sender_to
from notifications.outbox.sender import get_neutral_phone, get_units_with_number
from notifications.texts.values import get_link_start

from .documents import Rendered, to_pdf
from .pin import FIRST_PAUSE, TRIES_A_ROUND

TEMPLATE = "briefs/pin_card.html"
MAX_DIGITS = 10


def pin_card(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Return the card of a contact that this person manages, as a PDF in the contact's language. Others get a 404."""
    mine = get_entries(request.user, Contact).filter(is_active=True)  # type: ignore[arg-type]
    contact: Any = mine.filter(pk=contact_id).select_related("partner").first()
    # A denial and a missing contact look the same: whoever doesn't manage it mustn't learn that it exists.
    if contact is None:
        record_denial(actor=get_actor(request.user), target_kind="contact", target_id=contact_id)
        raise Http404
    rendered = render_card(contact)
    log_event("directory.pin_card_printed", actor=get_actor(request.user), target_kind="contact", target_id=contact.pk)
    response = HttpResponse(rendered.pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="pin-card.pdf"'
    return response


def render_card(contact: Contact) -> Rendered:
    """Render one sheet of A4: the card to carry, and below the cut the slip for the PIN.

    Raises DocumentRefused, Busy.
    """
    language = contact.language if contact.language in LANGUAGES else DEFAULT_LANGUAGE
    sender = choose_sender_to(contact, timezone.now())
    with translation.override(language):
        neutral = get_neutral_phone(sender)
        html = render_to_string(
            TEMPLATE,
            {
                "language": language,
                "sender": sender,
                "contact": contact,
                "office": localize(contact.partner.names, language),
                "link_start": get_link_start(),
                "units": [
                    (sender.name_unit(unit.name), unit.callback_phone)
                    for unit in ([neutral] if neutral else get_units_with_number())
                ],
                "tries": TRIES_A_ROUND,
                "pause": int(FIRST_PAUSE.total_seconds() // 60),
                "boxes": range(MAX_DIGITS),
                "today": timezone.localdate(),
            },
        )
    return to_pdf(html, identifier=f"pin-card-{contact.pk}")
