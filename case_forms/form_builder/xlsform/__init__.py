"""XLSForms: import and export. What is carried over, and how: docs/xlsform.md.

Begin with `sandbox.read_safely` (a workbook somebody sent), `reading.read_xlsform` (one we trust, such as our own) and
`writing.write_xlsform`. Nothing is imported here: the process that opens workbooks must stay small.
"""
