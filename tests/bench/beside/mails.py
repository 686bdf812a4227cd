"""The task that every library runs: one mail, by Django, over a connection of its own."""

from django.core.mail import EmailMessage


def send_one(name: str) -> None:
    """Send the mail whose Message-ID is made of `name`, so that a doubled one is seen."""
    EmailMessage(
        "Vatra",
        "Bench\n" * 12,
        "bench@vatra.example",
        ["bench@partner.example"],
        headers={"Message-ID": f"<{name}@bench>"},
    ).send()
