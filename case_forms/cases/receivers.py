"""What recipients answer, received in case_forms."""
