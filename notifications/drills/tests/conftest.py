from tests.world.notices import postbox

__all__ = ["postbox"]
