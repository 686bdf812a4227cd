"""A contact's own page: their coming shifts, leave and swaps that they ask for, and the mails that lead to it."""
