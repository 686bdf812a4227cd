"""Two kinds of failure: a payload error is ours, the notice can't be composed; an endpoint error is theirs.

Both carry a machine code of at most 40 characters and never the other side's own text, which may quote an address.
"""


class ChannelError(Exception):
    """A failure with a `code`: what happened, in a word for logs, attempt rows and operators."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:40]


class PayloadError(ChannelError):
    """Ours: this notice can't be made into something to send. Logged as an error, because only we can fix it."""


class EndpointError(ChannelError):
    """Theirs: the other side refused, or wasn't reached."""


class RecipientRefused(EndpointError):
    """The server answered, for good: not this recipient, or not this text (SMTP 5xx)."""


class Unreached(EndpointError):
    """No final answer: a timeout, a lost connection, or "try again later" (SMTP 4xx).

    `connection_lost`: the connection can't be used for a further notice; open it again first.
    """

    def __init__(self, code: str, *, connection_lost: bool = True) -> None:
        super().__init__(code)
        self.connection_lost = connection_lost
