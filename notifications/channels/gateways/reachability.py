"""Whether each gateway can be reached: asked once a minute by the sweeper's probe. Sends nothing and no secret."""

import socket
import ssl
from urllib.parse import urlsplit

from ..base import ChannelError, Unreached
from ..outgoing_http import get_ssl_context
from .client import CONNECT_SECONDS
from .description import HttpGateway
from .loading import GatewayInvalid, Loaded, iter_gateways
from .spool import SpoolTransport

HTTP_PORT, HTTPS_PORT = 80, 443


def check_gateways() -> None:
    """Connect to each gateway. Raises ChannelError, whose code names the first that can't be reached."""
    try:
        gateways = list(iter_gateways())
    except GatewayInvalid:
        raise Unreached("description") from None
    for loaded in gateways:
        try:
            _check(loaded)
        except ChannelError as error:
            raise Unreached(f"{loaded.name}:{error.code}") from None


def _check(loaded: Loaded) -> None:
    gateway = loaded.description
    if not isinstance(gateway, HttpGateway):
        SpoolTransport(gateway).check()
        return
    parts = urlsplit(gateway.url)
    host = parts.hostname or ""
    port = parts.port or (HTTPS_PORT if parts.scheme == "https" else HTTP_PORT)
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as peer:
            if parts.scheme == "https":
                peer.settimeout(CONNECT_SECONDS)
                get_ssl_context().wrap_socket(peer, server_hostname=host).close()
    except ssl.SSLError:
        raise Unreached("tls") from None
    except TimeoutError:
        raise Unreached("timeout") from None
    except OSError as error:
        raise Unreached(type(error).__name__) from None
