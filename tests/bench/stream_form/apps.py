from django.apps import AppConfig


class StreamFormConfig(AppConfig):
    name = "tests.bench.stream_form"
    label = "stream_form"

    def ready(self) -> None:
        from access import policy

        reason = "The bench's own form, beside which the form builder is measured."
        row = policy.RouteRule("cms/snippets/stream_form/", policy.COORDINATOR, reason, policy.PREVIEW)
        policy.MOUNTS = (row, *policy.MOUNTS)
