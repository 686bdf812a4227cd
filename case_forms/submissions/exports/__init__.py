"""Exports of answers as tables, for statistics: CSV and XLSX, scoped and redacted by who reads them."""
