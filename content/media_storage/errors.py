"""What is raised while a bucket is away."""

from wagtail.images.models import SourceImageIOError


class BucketAway(SourceImageIOError):
    """Raised when the bucket can't be reached, refuses us, or answers nothing in time. `code` for logs and alarms.

    An OSError, as a broken disk would raise; and of the kind for which Wagtail shows a picture as missing.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return f"the media bucket is away ({self.code})"
