"""The status of a case, changed by a decision of two people instead of by a form."""
