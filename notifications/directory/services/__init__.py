"""What services offer, to whom and where; how many places are free, which they say themselves at a link."""
