"""What a person asks about their own data: to read it, to have it corrected, that it isn't used (docs/rights.md)."""
