"""What coordinators see of this room in the admin."""

from wagtail.snippets.models import register_snippet

from .viewsets import FormViewSet

register_snippet(FormViewSet)
