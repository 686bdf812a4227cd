"""XPath, as XLSForms write it, to JSON-Logic and back. Knows no Django."""
