"""What a page's fields stand for, before anything is judged."""

import json

import pytest
from django.http import QueryDict

from .. import registry
from .every_type import IDENTITY, asked
from .test_types import PRESENT


def posted(type_name, query, **more):
    return registry.get(type_name).from_post(QueryDict(query), "thing", asked(type_name, **more))


@pytest.mark.parametrize(
    ("type_name", "query", "raw"),
    [
        ("text", "thing=+Ana+", "Ana"),
        ("text", "thing=+", None),
        ("long_text", "thing=a%0D%0Ab%0D%0A", "a\nb"),
        ("text", "", None),
        ("integer", "thing=12", 12),
        ("integer", "thing=-3", -3),
        ("integer", "thing=twelve", "twelve"),
        ("integer", "thing=1e5", "1e5"),
        ("decimal", "thing=1,5", 1.5),
        ("decimal", "thing=1.5", 1.5),
        ("decimal", "thing=3", 3),
        ("decimal", "thing=1.5.5", "1.5.5"),
        ("date", "thing=2012-02-29", "2012-02-29"),
        ("date", "thing=3.5.2012", "2012-05-03"),
        ("date", "thing=03/05/2012", "2012-05-03"),
        ("date", "thing=soon", "soon"),
        ("datetime", "thing=2026-01-02T10:00", "2026-01-02T10:00:00+01:00"),
        ("datetime", "thing=2026-07-02T10:00", "2026-07-02T10:00:00+02:00"),
        ("datetime", "thing=2026-13-02T10:00", "2026-13-02T10:00"),
        ("datetime", "thing=soon", "soon"),
        ("boolean", "thing=true", True),
        ("boolean", "thing=false", False),
        ("boolean", "thing=", None),
        ("boolean", "thing=maybe", "maybe"),
        ("yes_no_unknown", "thing=unknown", "unknown"),
        ("select_one", "thing=a", "a"),
        ("select_many", "thing=a&thing=b&thing=a&thing=", ["a", "b"]),
        ("select_many", "", None),
        ("phone", "thing=069", "069"),
        ("scale", "thing=4", 4),
        ("scale", "thing=four", "four"),
        ("approximate_date", "thing.year=2012&thing.month=5&thing.day=3", "2012-05-03"),
        ("approximate_date", "thing.year=2012&thing.month=&thing.day=", "2012"),
        ("approximate_date", "thing.year=2012&thing.month=&thing.day=3", "2012--03"),
        ("approximate_date", "thing.year=&thing.month=&thing.day=", None),
        ("time", "thing=9.05", "09:05"),
        ("time", "thing=14:05:00", "14:05"),
        ("time", "thing=noon", "noon"),
        ("duration", "thing.hours=1&thing.minutes=35", 95),
        ("duration", "thing.hours=&thing.minutes=90", 90),
        ("duration", "thing.hours=1,5&thing.minutes=", "1,5:"),
        ("duration", "thing.hours=&thing.minutes=", None),
        ("ranking", "thing=2+a&thing=1+b&thing=3+c", ["b", "a", "c"]),
        ("ranking", "thing=2+a&thing=&thing=3+c", {"places": ["2 a", "3 c"]}),
        ("ranking", "thing=&thing=", None),
        ("matrix", "thing.sleep=bad&thing.food=&thing.other=x", {"sleep": "bad"}),
        ("matrix", "", None),
        ("geopoint", "thing.lat=40,47&thing.lon=19.49&thing.accuracy=", {"lat": 40.47, "lon": 19.49}),
        ("geopoint", "thing.lat=north&thing.lon=", {"lat": "north"}),
        ("geopoint", "thing.accuracy=5", None),
        ("file", f"thing.kept={IDENTITY}", {"id": IDENTITY}),
        ("file", f"thing.kept={IDENTITY}&thing.remove=1", None),
        ("file", "thing=photo.jpg", None),
        ("signature", "thing.strokes=[[1,2,3,4]]&thing.name=+Ana+", {"strokes": [[1, 2, 3, 4]], "name": "Ana"}),
        ("signature", "thing.strokes=[[1,2]]&thing.clear=1", None),
        ("signature", "thing.strokes={}", {"strokes": "{}"}),
        ("signature", f"thing.strokes={'[' * 100_000}", {"strokes": "[" * 100}),
        ("indicator_assessment", "thing.decision=insufficient&thing.reason=", {"decision": "insufficient"}),
        ("indicator_assessment", "thing.reason=+", None),
        ("calculated", "thing=1", None),
        ("hidden", "thing=1", None),
        ("indicators", "thing.exploitation.hazardous=not_asked&other=1", None),
        (
            "indicators",
            "thing.exploitation.hazardous=present&thing.exploitation.hazardous.basis=told&thing.exploitation.bad_living=absent",
            {**PRESENT, "exploitation.bad_living": {"answer": "absent"}},
        ),
    ],
)
def test_a_page_posts_the_raw_value(type_name, query, raw):
    assert json.dumps(posted(type_name, query), sort_keys=True) == json.dumps(raw, sort_keys=True)


def test_a_coarse_place_takes_no_point_from_a_page():
    entered = "thing.lat=40.47&thing.lon=19.49&thing.municipality=vlore"
    assert posted("geopoint", entered, coarsen="municipality") == {"municipality": "vlore"}
    assert posted("geopoint", "thing.lat=40.47&thing.lon=19.49", coarsen="municipality") is None
