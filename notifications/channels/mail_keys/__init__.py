"""Public keys to which a contact's e-mails are encrypted: OpenPGP keys and S/MIME certificates."""
