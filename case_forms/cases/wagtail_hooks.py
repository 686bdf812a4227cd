"""The registers in the admin."""

from wagtail_modeladmin.options import modeladmin_register

from .registers import Registers

modeladmin_register(Registers)
