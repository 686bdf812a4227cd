"""Approval of public pages by a second editor: one writes, another one publishes (docs/adr/0021)."""
