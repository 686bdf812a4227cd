from tests.world.notices import postbox, staffed

__all__ = ["postbox", "staffed"]
