"""What is due in the cases of one person, today and this week: for a page and for a calendar."""
