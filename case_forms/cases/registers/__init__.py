"""The registers: read-only lists of cases, referrals and notices in the admin, for coordinators."""

from django.utils.translation import gettext_lazy as _
from wagtail_modeladmin.options import ModelAdminGroup

from .cases import CaseRegister
from .notices import NoticeRegister
from .referrals import ReferralRegister

__all__ = ["CaseRegister", "NoticeRegister", "ReferralRegister", "Registers"]


class Registers(ModelAdminGroup):
    menu_label = _("Registers")
    menu_icon = "list-ul"
    menu_order = 300
    items = (CaseRegister, ReferralRegister, NoticeRegister)
