"""Reports for editors: pages to review, hotlines to call, findings of the checks, changes in words."""
