from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HotlinesConfig(AppConfig):
    name = "content.hotlines"
    label = "lines"
    verbose_name = _("Helpline check")

    def ready(self) -> None:
        # The model can't name its form, which stands above it. Every screen that edits a hotline is built on this one.
        from ..models import Hotline
        from .forms import HotlineForm

        Hotline.base_form_class = HotlineForm
