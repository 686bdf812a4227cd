"""The small world that tests of all rooms stand on: places, people, offices, forms, procedures, notices.

Nothing here depends on the seeded data. `scene` puts the parts together.
"""
