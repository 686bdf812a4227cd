"""Print what every model reads from the database of the environment, as one digest for each: what is sealed, opened."""

import hashlib
import json
import sys
from typing import Any

import django
from wagtail.blocks import StreamValue


def _word(value: Any) -> Any:
    """Objects of JSON in one order: jsonb has its own. Of a StreamField, what is stored."""
    if isinstance(value, StreamValue):
        value = list(value.get_prep_value())
    return json.dumps(_even(value), sort_keys=True, default=repr) if isinstance(value, dict | list) else value


def _even(value: Any) -> Any:
    """Numbers by their value: jsonb writes 1e3 as 1000, and -0.0 as 0.0."""
    if isinstance(value, dict):
        return {key: _even(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_even(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def main() -> None:
    django.setup()
    from django.apps import apps

    for model in apps.get_models():
        if not model._meta.managed or model._meta.proxy or model._meta.app_label == "wagtailsearch":
            continue
        rows = sorted(repr([_word(value) for value in row]) for row in model._base_manager.values_list().iterator())
        digest = hashlib.sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()
        sys.stdout.write(f"{model._meta.label} {len(rows)} {digest}\n")


if __name__ == "__main__":
    main()
