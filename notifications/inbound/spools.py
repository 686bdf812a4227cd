"""Read what Gammu SMSD put into its folders: SMS that came in, and those that the network didn't take.

Run each minute (settings.EACH_MINUTE), and by `manage.py read_sms_spool`, which the daemon can start itself for each
SMS (RunOnReceive, docs/gateways.md). A file is removed once what it says is in the database: it holds a number.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from django.db import DatabaseError

from notifications.channels.gateways.description import SpoolGateway
from notifications.channels.gateways.incoming import Receipt, Sms
from notifications.channels.gateways.loading import GatewayInvalid, iter_gateways
from notifications.channels.gateways.spool import iter_failed, iter_replies, iter_sent

from .actions import take_receipt, take_sms

log = structlog.get_logger(__name__)


def read_all(_argument: Any = None) -> int:
    """Read the folders of every such gateway. Return how many files were taken."""
    try:
        spools = [loaded.description for loaded in iter_gateways() if isinstance(loaded.description, SpoolGateway)]
    except GatewayInvalid:
        return 0
    return sum(_read(spool) for spool in spools)


def _read(spool: SpoolGateway) -> int:
    count = 0
    try:
        for reply in iter_replies(spool):
            count += _take(lambda: take_sms(spool.name, Sms(reply.id, reply.sender, reply.text)), reply.files)  # noqa: B023
        for reference, file in iter_failed(spool):
            count += _take(lambda: take_receipt(spool.name, Receipt("", reference, delivered=False)), [file])  # noqa: B023
        for _reference, file in iter_sent(spool):
            count += _take(lambda: None, [file])
    except OSError as error:
        # Without its text, in which the file's name holds a number.
        log.error("spool_not_read", gateway=spool.name, code=type(error).__name__)
    return count


def _take(work: Any, files: Iterable[Path]) -> int:
    """Do the work of one file and remove it. One that can't be worked off stays, and stops no other."""
    try:
        work()
    except DatabaseError:
        raise
    except Exception as fault:  # noqa: BLE001  # one SMS that can't be read
        log.error("spool_file_failed", code=type(fault).__name__)
        return 0
    for file in files:
        with suppress(FileNotFoundError):
            file.unlink()
    return 1
