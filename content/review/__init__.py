"""The second pair of eyes for public pages: one editor writes, another one publishes (docs/adr/0021)."""
