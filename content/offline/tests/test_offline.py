import json
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

from content.models import Hotline
from content.tests.seeded import SeededTest


class TestPhone(SeededTest):
    def test_no_page_registers_a_worker_or_offers_installing_before_the_reader_asks(self):
        for url, answer in self.get_answers().items():
            assert answer.status_code == 200, url
            html = answer.content.decode()
            assert "sw.js" not in html, url
            assert 'rel="manifest"' not in html, url

    def test_the_worker_stands_at_the_root_and_is_asked_about_each_time(self):
        response = self.client.get("/sw.js")
        assert response["Content-Type"] == "text/javascript; charset=utf-8"
        assert response["Cache-Control"] == "no-cache"
        assert b"addEventListener" in response.content

    def test_the_worker_leaves_staff_forms_answers_and_the_exit_to_the_network(self):
        script = self.client.get("/sw.js").content.decode()
        pattern = re.search(r"const PASSED =\s*/(.+)/;", script).group(1).replace("\\/", "/")
        for path in ("/field/", "/cms/", "/api/v2/", "/n/x/", "/dil/", "/en/dil/", "/pyet/vlore/", "/k/AB/mendimi/"):
            assert re.match(pattern, path), path
        for path in ("/", "/en/help/", "/k/7H3KQ2MX/", "/en/k/7H3KQ2MX/", "/naten/", "/pa-rrjet/"):
            assert not re.match(pattern, path), path

    def test_the_app_on_the_home_screen_says_nothing(self):
        for query, start in (("", "/"), ("?l=en", "/en/")):
            response = self.client.get(f"/app.webmanifest{query}")
            described = json.loads(response.content)
            assert described["start_url"] == start
            assert described["name"] == described["short_name"]
            assert "vatra" not in response.content.decode().lower()
            assert response["Content-Type"] == "application/manifest+json"
            for icon in described["icons"]:
                assert finders.find(icon["src"].removeprefix(settings.STATIC_URL)), icon

    def test_without_a_network_the_numbers_stand_there_danger_first(self):
        html = self.html("/en/pa-rrjet/")
        main = html[html.index("<main") :]
        assert re.findall(r'href="tel:(\d+)"', main)[0] == "129"
        Hotline.objects.filter(key="alo_116111").update(publish="no")
        assert "tel:116111" not in self.html("/pa-rrjet/")

    def test_what_the_exit_clears_is_what_the_worker_and_the_page_keep(self):
        scripts = {
            name: Path(finders.find(f"js/offline/{name}.js")).read_text() for name in ("forget", "worker", "phone")
        }
        names = {name: re.search(r'const CACHE = "([^"]+)"', scripts[name]).group(1) for name in ("forget", "worker")}
        assert names["forget"] == names["worker"]
        stored = re.findall(r'"(vatra\.[^"]*)"', Path(finders.find("js/offline/neutral.js")).read_text())
        assert stored
        assert all(name.startswith("vatra.") for name in stored)
