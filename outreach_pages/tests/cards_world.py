"""Two units with people and a session each, on a seeded public site."""

import datetime
from typing import Any

from django.utils import timezone, translation

from access.models import StaffRole
from content.tests.seeded import SeededTest

from ..models import InformativeSession, SessionPage
from ..pages.actions import make_session_page
from . import places

CODE = "7K2M9QXB"
CARD = f"/k/{CODE}/"


class CardTest(SeededTest):
    """A session of today with an open card, its worker and coordinator, and a stranger: another unit's worker."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        region, far = places.region("vlore", "Vlorë", "AL12"), places.region("diber", "Dibër", "AL09")
        places.town("vlore-bashki", "Vlorë", region)
        places.town("peshkopi", "Dibër", far)
        cls.unit = places.unit(region)
        cls.worker = places.person("punonjes", unit=cls.unit)
        cls.coordinator = places.person("koordinator", StaffRole.COORDINATOR, region=region)
        cls.stranger = places.person("tjeter", unit=places.unit(far))
        cls.session = cls.make_session(card_code=CODE)

    @classmethod
    def make_session(cls, **fields: Any) -> InformativeSession:
        usual = {
            "date": timezone.localdate(),
            "place_name": "Shkolla “Çelësi”",
            "topics": ["recognition", "rights"],
            "partners": ["police"],
            "materials": [{"kind": "leaflet", "number": 30}],
        }
        return places.session(cls.worker, cls.unit, **(usual | fields))

    def make_page(self) -> list[SessionPage]:
        with translation.override("sq"):
            return make_session_page(session=self.session, by=self.worker)

    def end_card(self) -> None:
        ended = timezone.localdate() - datetime.timedelta(days=1)
        InformativeSession.objects.filter(pk=self.session.pk).update(card_expires_on=ended)
