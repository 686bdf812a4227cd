"""The links of the recipient chain, from the nearest to the last. Imports nothing of Django."""

from collections.abc import Sequence

MUNICIPALITY = "municipality"  # the role's office for the municipality
REGION = "region"  # the role's other offices in the municipality's region
UNIT_REGION = "unit_region"  # the role's offices in the sending unit's region
UNIT_COORDINATORS = "unit_coordinators"  # the coordinators of the sending unit: they are asked to call
EVERY_COORDINATOR = "every_coordinator"  # every coordinator on duty anywhere: the same
OPERATOR = "operator"  # nobody is there: the operator is alarmed, and the sender is given numbers

LINKS = (MUNICIPALITY, REGION, UNIT_REGION, UNIT_COORDINATORS, EVERY_COORDINATOR, OPERATOR)
COORDINATOR_LINKS = (UNIT_COORDINATORS, EVERY_COORDINATOR)
# For a procedure that names no chain, as those published before there was one.
DEFAULT_CHAIN: Sequence[str] = LINKS
