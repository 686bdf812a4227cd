"""Answers as tables, for people who count: CSV and XLSX, scoped and redacted by who reads them."""
