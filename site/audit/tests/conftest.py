"""Places for what is asked of the database."""

import pytest

from access.models import Municipality, PoliceDirectorate, Region


@pytest.fixture
def regions() -> list[Region]:
    made = [
        Region.objects.create(slug=f"r{number}", name=f"Region {number}", iso_code=f"X{number}") for number in range(5)
    ]
    police = PoliceDirectorate.objects.create(slug="p", name="p", short_name="p")
    for region in made:
        for number in range(2):
            slug = f"{region.slug}-{number}"
            Municipality.objects.create(region=region, police_directorate=police, slug=slug, name=slug)
    return made
