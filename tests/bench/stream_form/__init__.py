"""A form as a plain nested StreamField, to measure our editor beside. Installed by the bench's own settings only."""
