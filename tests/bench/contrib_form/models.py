"""The form page of Wagtail's own documentation."""

from modelcluster.fields import ParentalKey
from wagtail.contrib.forms.models import AbstractForm, AbstractFormField


class ContribField(AbstractFormField):
    page = ParentalKey("ContribForm", related_name="form_fields")


class ContribForm(AbstractForm):
    template = "contrib_form/contrib_form.html"
