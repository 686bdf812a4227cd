"""What Wagtail and the packages around it write into a page: each script, handler and style that the policy of /cms/
would refuse is known here, with what became of it. A release that brings another one fails here (docs/adr/0079)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import wagtail
import wagtail_headless_preview
import wagtail_localize
import wagtail_modeladmin
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput, AdminTimeInput, BaseChooser
from wagtail.admin.widgets.workflows import AdminTaskChooser

from config.admin_policy import JCROP_HANDLER, STYLE_ATTRIBUTES

PACKAGES: list[ModuleType] = [wagtail, wagtail_modeladmin, wagtail_localize, wagtail_headless_preview]
INLINE = re.compile(
    r"<script(?![^>]*(?:\bsrc=|type=\"application/json))[^>]*>|<style\b|\son[a-z]+=[\"']|javascript:", re.IGNORECASE
)
STYLE = re.compile(r"\sstyle=[\"']([^\"']*)[\"']")

REPLACED = "ours stands in its place"
INLINE_IN_TEMPLATES = {
    "wagtailadmin/panels/inline_panel.html": REPLACED,
    "wagtailadmin/panels/multiple_chooser_panel.html": REPLACED,
    "wagtailadmin/widgets/date_input.html": REPLACED,
    "wagtailadmin/widgets/time_input.html": REPLACED,
    "wagtailadmin/widgets/datetime_input.html": REPLACED,
    "wagtail_localize/admin/edit_translation.html": REPLACED,
    "wagtail_localize/admin/submit_translation.html": REPLACED,
    "wagtail_localize/admin/update_translations.html": REPLACED,
    "wagtailadmin/notifications/base.html": "an e-mail",
    "wagtail_headless_preview/preview.html": "ours is another: content/external_preview.py",
}
UNLISTED_STYLES = {
    "wagtailadmin/notifications/base.html": "an e-mail",
    "wagtail_headless_preview/preview.html": "ours is another: content/external_preview.py",
    "wagtailembeds/embed_frontend.html": "not a page of /cms/",
}
# Python that writes "<script>": the choosers (config.admin_scripts), and a comment about what a converter takes out.
SCRIPTS_IN_PYTHON = {"admin/widgets/chooser.py", "admin/rich_text/converters/db_html.py"}


def roots() -> Iterator[Path]:
    for package in PACKAGES:
        yield Path(str(package.__file__)).parent


def templates() -> dict[str, str]:
    """{name: text} of the templates that installed applications of these packages bring."""
    folders = [Path(each) for each in get_app_template_dirs("templates")]
    theirs = [each for each in folders if any(root in each.parents for root in roots())]
    return {str(path.relative_to(folder)): path.read_text() for folder in theirs for path in folder.rglob("*.html")}


def scripts() -> Iterator[tuple[str, str]]:
    """(path, text) of every script that these packages bring."""
    for root in roots():
        for path in root.rglob("static/**/*.js"):
            if "contrib" not in path.relative_to(root).parts:
                yield str(path), path.read_text(errors="replace")


def test_each_script_handler_and_style_element_in_their_templates_is_known():
    known = templates()
    assert len(known) > 300
    assert {name for name, text in known.items() if INLINE.search(text)} == set(INLINE_IN_TEMPLATES)


@pytest.mark.parametrize("name", [name for name, fate in INLINE_IN_TEMPLATES.items() if fate == REPLACED])
def test_ours_stands_in_the_place_of_those_that_are_used(name):
    origin = Path(get_template(name).origin.name)
    if "widgets" not in name:  # those are found by the renderer of forms: see below
        assert not any(root in origin.parents for root in roots())
    assert not INLINE.search(origin.read_text())


def test_each_style_attribute_in_their_templates_is_on_the_list():
    for name, text in templates().items():
        if name not in UNLISTED_STYLES:
            assert set(STYLE.findall(text)) <= set(STYLE_ATTRIBUTES), name


def test_nothing_stands_on_the_list_that_no_package_writes():
    written = {
        style for text in [*templates().values(), *(text for _path, text in scripts())] for style in STYLE.findall(text)
    }
    assert set(STYLE_ATTRIBUTES) <= written


def test_the_one_handler_that_is_allowed_is_jcrops_and_does_nothing():
    assert JCROP_HANDLER == "return;"
    jcrop = next(text for path, text in scripts() if path.endswith("jquery.Jcrop.min.js"))
    assert f'o.setAttribute(r,"{JCROP_HANDLER}")' in jcrop
    pages = [name for name, text in templates().items() if "jquery.Jcrop" in text]
    assert pages == ["wagtailimages/images/edit.html"]


def test_python_writes_scripts_in_one_place_which_is_replaced():
    others = {"tests", "test", "contrib", "management"}
    found = {
        str(name)
        for root in roots()
        for path in root.rglob("*.py")
        if not others & set((name := path.relative_to(root)).parts) and "<script" in path.read_text()
    }
    assert found == SCRIPTS_IN_PYTHON


# ---- what begins instead ----


def beginners() -> set[str]:
    text = Path(finders.find("js/cms/start.js")).read_text()
    return set(re.findall(r"^  (\w+): \(", text, re.MULTILINE))


def begun(html: str) -> dict[str, str]:
    """What the element beside a widget asks start.js for."""
    assert "<script" not in html
    (element,) = BeautifulSoup(html, "html.parser").select("template[data-controller=vo-start]")
    return {
        key.removeprefix("data-vo-start-").removesuffix("-value"): str(value) for key, value in element.attrs.items()
    }


def choosers(kind: type[BaseChooser] = BaseChooser) -> Iterator[type[BaseChooser]]:
    for each in kind.__subclasses__():
        yield each
        yield from choosers(each)


def test_no_chooser_begins_in_a_way_that_start_js_does_not_know():
    own = {each for each in choosers() if "render_js_init" in vars(each) or "render" in vars(each)}
    assert own <= {AdminTaskChooser}
    assert {each.js_constructor for each in choosers()} <= beginners()


@pytest.mark.django_db
def test_a_chooser_says_what_begins_and_its_options_cannot_leave_the_attribute():
    class Chooser(BaseChooser):
        model = wagtail.models.Site
        chooser_modal_url_name = "wagtailadmin_choose_page"
        linked_fields = None

        def get_js_init_options(self, id_, name, value_data):
            return {"modalUrl": '"><script>alert(1)</script>'}

    asked = begun(Chooser().render("page", None, {"id": 'id_"page'}))
    assert asked["name"] == "Chooser"
    assert asked["id"] == 'id_"page'
    assert json.loads(asked["options"]) == {"modalUrl": '"><script>alert(1)</script>'}
    with pytest.raises(TypeError):
        Chooser().render("page", None, {})


def test_a_task_chooser_begins_with_its_own_function():
    asked = begun(AdminTaskChooser().render("task", None, {"id": "id_task"}))
    assert (asked["name"], asked["id"], asked["options"]) == ("createTaskChooser", "id_task", "{}")


@pytest.mark.parametrize(
    ("widget", "name"),
    [
        (AdminDateInput, "initDateChooser"),
        (AdminTimeInput, "initTimeChooser"),
        (AdminDateTimeInput, "initDateTimeChooser"),
    ],
)
def test_fields_for_days_and_times_say_what_begins(widget, name):
    asked = begun(widget().render("day", None, {"id": "id_day"}))
    assert (asked["name"], asked["id"]) == (name, "id_day")
    assert json.loads(asked["options"]) == widget().get_config()
    assert name in beginners()
