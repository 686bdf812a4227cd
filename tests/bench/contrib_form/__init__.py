"""A form page of `wagtail.contrib.forms`, to measure our forms beside. Installed by the bench's own settings only."""
