"""The editors' page on the use of a kit or a material, in the admin."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page

from access.small_numbers import MIN_SHOWN

from .models import KitPage, MaterialPage
from .usage import build_kit_usage, build_material_usage


class UsageView(WagtailAdminTemplateMixin, View):
    """How sessions use a kit or a material. Whoever may edit it may read this."""

    page_title = _("Used by sessions")
    template_name = "outreach_pages/kits/usage.html"
    header_icon = "group"

    @method_decorator(never_cache)
    def get(self, request: HttpRequest, page_id: int) -> HttpResponse:
        found: Any = get_object_or_404(Page.objects.type(KitPage, MaterialPage), pk=page_id).specific
        if not found.permissions_for_user(request.user).can_edit():
            raise PermissionDenied
        is_kit = isinstance(found, KitPage)
        usage = build_kit_usage(found) if is_kit else build_material_usage(found)
        context = self.get_context_data(page=found, usage=usage, is_kit=is_kit, minimum=MIN_SHOWN)
        return self.render_to_response(context)
