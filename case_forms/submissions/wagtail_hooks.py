"""The registers in the admin, those of the rooms below among them."""

from wagtail_modeladmin.options import modeladmin_register

from .registers import AllRegisters

modeladmin_register(AllRegisters)
