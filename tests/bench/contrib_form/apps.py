from django.apps import AppConfig


class ContribFormConfig(AppConfig):
    name = "tests.bench.contrib_form"
    label = "contrib_form"
