"""The heading of a brief that goes to an office for another area: it stands before everything else."""

from collections.abc import Mapping
from typing import Any

from access.models import Municipality
from notifications.directory.chain import is_outside_area
from notifications.directory.models import Partner

ROW_KEY = "outside_area"


def headed(
    brief: Mapping[str, Any], *, role: str, office: Partner | None, municipality: Municipality
) -> dict[str, Any]:
    """Return the brief as this office gets it: with or without the heading, otherwise unchanged."""
    sections = [section for section in brief["sections"] if not _is_head(section)]
    if office is not None and is_outside_area(role, office, municipality):
        sections.insert(0, _head(municipality))
    return {**brief, "sections": sections}


def _is_head(section: Mapping[str, Any]) -> bool:
    return any(row["key"] == ROW_KEY for row in section["rows"])


def _head(municipality: Municipality) -> dict[str, Any]:
    return {
        "title": {"sq": "Jashtë zonës suaj", "en": "Outside your area"},
        "rows": [
            {
                "key": ROW_KEY,
                "label": {"sq": "Pse ju", "en": "Why you"},
                "value": {
                    "sq": f"{municipality.name} është jashtë zonës së zyrës suaj. Atje nuk u gjet askush për t'u"
                    " njoftuar, prandaj po ju njoftojmë ju. Nëse nuk mund të veproni, përgjigjuni menjëherë, që të"
                    " njoftohet dikush tjetër.",
                    "en": f"{municipality.name} is outside your office's area. Nobody was found there to be told, so"
                    " you are told. If you can't act, answer at once, so that somebody else is told.",
                },
            }
        ],
    }
