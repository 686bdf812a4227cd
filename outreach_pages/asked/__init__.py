"""What people asked at sessions, for those who write the pages: without the unit, the place and the day."""
