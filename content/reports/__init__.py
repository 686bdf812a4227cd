"""Lists for editors: pages to look at again, lines to call, findings of the checks, changes in words."""
