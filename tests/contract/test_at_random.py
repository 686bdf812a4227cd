"""Requests made at random from the description, right and wrong ones: never a 5xx, and always what is described.

In this process and through the same outer layer as in service. On CI the same requests each time (conftest.py).
"""

import os
from contextlib import suppress

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from config.wsgi import application
from content.tests.seeded import SeededTest
from tests.connections import connections_stay_open
from tests.examples import REQUESTS
from tests.seeds import lay_down_reference

HERE = settings(
    max_examples=REQUESTS,
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
HTML = "text/html"


class AtRandom(SeededTest):
    @classmethod
    def setUpTestData(cls) -> None:
        lay_down_reference()
        super().setUpTestData()

    def test_every_operation_answers_as_described_whatever_it_is_asked(self):
        assert self.ask_all("/api/openapi.json") > REQUESTS * 10

    def test_so_does_what_other_front_ends_send(self):
        """Also a body that is none, a state that is made up, a code that opens nothing: a problem that is described."""
        assert self.ask_all("/api/v2/tips/openapi.json") > REQUESTS * 10

    def ask_all(self, description: str) -> int:
        with connections_stay_open():
            schema = schemathesis.openapi.from_wsgi(description, application)
        asked = 0
        for result in schema.get_all_operations():
            operation = result.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                with connections_stay_open():
                    asked += self.ask(operation, mode)
        return asked

    def ask(self, operation, mode) -> int:
        if mode is GenerationMode.NEGATIVE and not (operation.query or operation.path_parameters or operation.body):
            return 0  # nothing that could be wrong
        asked = []

        @HERE
        @given(case=operation.as_strategy(generation_mode=mode))
        def hold(case):
            answer = case.call(headers={"Accept-Encoding": "identity"})
            excluded = [positive_data_acceptance] if operation.body else []
            if answer.status_code == 413:  # a refusal too, which the library doesn't count as one
                excluded.append(negative_data_rejection)
            case.validate_response(answer, excluded_checks=excluded)
            asked.append(case)
            assert answer.status_code < 500
            assert "set-cookie" not in answer.headers
            assert HTML not in "".join(answer.headers.get("content-type", [])) or not answer.content

        # Unsatisfiable: nothing of this operation could be wrong in itself.
        with self.subTest(operation=operation.label, mode=mode.value), suppress(Unsatisfiable):
            hold()
        return len(asked)
