"""Conversion between XPath, as XLSForms write it, and JSON-Logic. Knows no Django."""
