from tests.world.notices import postbox, staffed
from tests.world.phones import phones

__all__ = ["phones", "postbox", "staffed"]
