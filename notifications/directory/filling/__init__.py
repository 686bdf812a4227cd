"""Fill the roster of an office for weeks at once: by turns, from weeks that were, or from a spreadsheet's lines."""
