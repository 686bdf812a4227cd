"""Forms made at random, written as XLSForms and read again."""

from io import BytesIO

from hypothesis import HealthCheck, example, given, settings
from pyxform.xls2xform import convert

from case_forms.form_builder.tests.samples import form, question, section
from case_forms.form_builder.tests.strategies import published
from case_forms.questions.tests.sources import FixedSource

from ..writing import write_xlsform
from .canonical import canonical, differences
from .workbooks import read

SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def written(definition):
    return write_xlsform(definition, sources=FixedSource(), shared=lambda key: None)


@SLOW
@given(published())
@example(form(section("s", question("q", "text", relevant=True), question("n", "hidden", default="a-b"))))
def test_a_form_comes_back_equal_from_an_xlsform(definition):
    found = read(written(definition), key=None, kind=definition["kind"])
    assert found.errors == []
    assert differences(found.definition, canonical(definition)) == []


@SLOW
@given(published())
def test_pyxform_converts_every_form(definition):
    assert "<h:html" in convert(BytesIO(written(definition)), file_type=".xlsx").xform
