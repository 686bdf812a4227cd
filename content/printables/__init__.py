"""PDFs for everybody to print, rendered when asked for with the hotlines of that moment (docs/adr/0030)."""
