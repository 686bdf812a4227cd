"""What a human is shown of the service itself: figures to scrape, matters told by a second way, the operator's page."""
