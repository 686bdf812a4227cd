from django.apps import AppConfig


class StreamFormConfig(AppConfig):
    name = "tests.bench.stream_form"
    label = "stream_form"
