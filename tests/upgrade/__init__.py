"""Data of landed schemas, brought to this one: each submission opens, a draft goes on, PDFs open, the record is whole.

`data/<commit>-<database>.tar.xz`: what a landed commit's own code wrote, made by `python -m tests.upgrade.make`. All of
it is invented; its keys stand in `keys.py` and are nobody's.
"""
