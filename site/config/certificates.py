"""When a certificate ends, as a browser sees it. Needs no Django: `config.operator_check` speaks before it starts."""

import socket
import ssl
from datetime import UTC, datetime
from typing import Any

CERTIFICATE_DAYS = 14  # with fewer left somebody has to look why it isn't renewed
SECONDS = 8.0


def get_certificate_end(host: str, port: int) -> datetime | str:
    """Return when the certificate ends, or in words why it can't be seen."""
    try:
        with (
            socket.create_connection((host, port), timeout=SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
        ):
            found: Any = secure.getpeercert()
    except ssl.SSLCertVerificationError as error:
        return f"browsers refuse its certificate ({error.verify_message})"
    except OSError as error:
        return f"can't be reached from here ({type(error).__name__})"
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(found["notAfter"]), tz=UTC)
