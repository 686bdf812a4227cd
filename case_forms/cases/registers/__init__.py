"""The registers: read-only lists in the admin, for coordinators. Rooms above add theirs (`submissions.registers`)."""

from django.utils.translation import gettext_lazy as _
from wagtail_modeladmin.options import ModelAdminGroup

from .cases import CaseRegister
from .notices import NoticeRegister
from .referrals import ReferralRegister
from .tasks import TaskRegister

__all__ = ["CaseRegister", "NoticeRegister", "ReferralRegister", "Registers", "TaskRegister"]


class Registers(ModelAdminGroup):
    menu_label = _("Registers")
    menu_icon = "list-ul"
    menu_order = 300
    items: tuple[type, ...] = (CaseRegister, ReferralRegister, TaskRegister, NoticeRegister)
