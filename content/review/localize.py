"""wagtail-localize, without its way around the second pair of eyes."""

from typing import Any

from wagtail_localize.views.update_translations import UpdateTranslationsForm, UpdateTranslationsView


class UpdateForm(UpdateTranslationsForm):
    """Fetches what is new in the original. "Publish immediately" isn't offered, and is refused when posted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["publish_translations"]

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or self.cleaned_data), "publish_translations": False}


class UpdateTranslations(UpdateTranslationsView):
    def get_form(self) -> UpdateForm:
        return UpdateForm(self.request.POST) if self.request.method == "POST" else UpdateForm()
