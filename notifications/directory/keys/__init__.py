"""The keys to which contacts' e-mails are encrypted: one kind of way, whose key two people compare with its owner."""
