"""Verification of hotlines: test calls, states, the editors' form, and mails to editors (docs/adr/0020)."""
