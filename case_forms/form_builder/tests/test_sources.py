import pytest

from access.models import MobileUnit, Municipality, PoliceDirectorate, Region
from notifications.directory.models import Partner, Role

from ..sources import Lists, listed


def by_code(name):
    return {entry["code"]: entry for entry in listed(name)}


def test_every_country_is_listed_once_with_both_names_kosovo_included():
    codes = [entry["code"] for entry in listed("countries")]
    assert len(codes) == len(set(codes)) == 250
    assert by_code("countries")["XK"]["name"] == {"sq": "Kosovë", "en": "Kosovo"}
    assert by_code("countries")["AL"]["name"]["sq"] == "Shqipëri"
    for entry in listed("countries"):
        assert len(entry["code"]) == 2
        assert set(entry["name"]) == {"sq", "en"}
        assert all(name == name.strip() and name for name in entry["name"].values())


def test_no_two_countries_or_languages_have_the_same_name():
    for name in ("countries", "languages"):
        for language in ("sq", "en"):
            names = [entry["name"][language] for entry in listed(name)]
            assert len(names) == len(set(names))


def test_languages_have_their_codes():
    languages = by_code("languages")
    assert {"sq", "rom", "el", "sqk", "en"} <= set(languages)
    assert languages["sq"]["iso639_3"] == "sqi"
    assert all(len(entry["iso639_3"]) == 3 for entry in languages.values())


def test_labels_come_in_the_order_of_the_albanian_alphabet():
    labels = [label for _value, label in Lists().choices("countries", "sq")]
    assert labels.index("Zvicër") > labels.index("Zambi")
    assert labels.index("Çad") > labels.index("Curaçao" if "Curaçao" in labels else "Brazil")
    assert labels.index("Çeki") < labels.index("Danimarkë")
    assert labels[:2] == ["Shqipëri", "Kosovë"]  # what is answered most stands before the alphabet
    assert labels.index("Gjermani") > labels.index("Guinë" if "Guinë" in labels else "Guine")


@pytest.mark.django_db
class TestFromTheDatabase:
    def test_municipalities_regions_and_partners_are_read_once_per_instance(self, django_assert_num_queries):
        region = Region.objects.create(slug="test-region", name="Qarku", iso_code="99")
        police = PoliceDirectorate.objects.create(slug="test-dvp", name="DVP", short_name="DVP")
        Municipality.objects.create(slug="test-town", name="Qyteti", region=region, police_directorate=police)
        lists = Lists()
        with django_assert_num_queries(2):
            for _ in range(3):
                assert ("test-town", "Qyteti") in lists.choices("municipalities", "sq")
                assert lists.has("municipalities", "test-town")
                assert not lists.has("municipalities", "atlantis")
                assert ("test-region", "Qarku") in lists.choices("regions", "en")

    def test_filters_read_where_a_place_lies(self, django_assert_num_queries):
        region = Region.objects.create(slug="test-region", name="Qarku", iso_code="99")
        police = PoliceDirectorate.objects.create(slug="test-dvp", name="DVP", short_name="DVP")
        town = Municipality.objects.create(slug="test-town", name="Qyteti", region=region, police_directorate=police)
        MobileUnit.objects.create(slug="test-unit", name="Njësia", region=region)
        Partner.objects.create(slug="here", role=Role.PROTECTION_SERVICE, names={"sq": "X"}, municipality=town)
        Partner.objects.create(slug="anywhere", role=Role.PROTECTION_SERVICE, names={"sq": "Y"})
        lists = Lists()
        with django_assert_num_queries(3):
            for _ in range(2):
                assert lists.attributes("municipalities", "test-town") == {"region": "test-region"}
                assert lists.attributes("units", "test-unit") == {"region": "test-region"}
                assert lists.attributes("partners", "here") == {"municipality": "test-town", "region": "test-region"}
        assert lists.attributes("partners", "anywhere") == lists.attributes("countries", "AL") == {}
        assert lists.choices("units", "sq") == [("test-unit", "Njësia")]
        assert lists.choices("sessions", "sq") == []

    def test_partners_are_the_active_protection_services(self):
        def partner(slug, **more):
            Partner.objects.create(slug=slug, names={"sq": "Strehëza", "en": "Shelter"}, **more)

        partner("open", role=Role.PROTECTION_SERVICE)
        partner("closed", role=Role.PROTECTION_SERVICE, is_active=False)
        partner("officers", role=Role.POLICE)
        lists = Lists()
        assert lists.choices("partners", "en") == [("open", "Shelter")]
        assert lists.has("partners", "open")
        assert not lists.has("partners", "closed")
        assert not lists.has("partners", "officers")


def test_a_list_nobody_has_is_empty():
    assert Lists().choices("planets", "sq") == []
    assert not Lists().has("planets", "mars")
    assert Lists().has("countries", "XK")
    assert not Lists().has("countries", "XX")
