"""Logging: one JSON object per line, with ids and codes only, never content."""

import logging
import logging.config
import re
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured

from audit import clock

from .error_sink import Sink

# A brief's address holds its secret, and so do a person's calendar address and an invitation's; a card's code tells
# which session a reader sat in; a traceback or another tool's result may quote an answer.
LINK = re.compile(r"(/n/|/field/sessions/calendar/of/|/accounts/invitation/|/k/)[^/\s\"'?]+")
FRAMES_KEPT = 12
LONGEST = 400  # characters of an event: what clients send (a host, an address) may be of any length
# Exceptions whose text is about code and settings only.
SPEAKS_OF_CODE = (ImportError, SyntaxError, NameError, ImproperlyConfigured)


def configure(options: dict[str, Any]) -> None:
    """Configure logging; Django's LOGGING_CONFIG hook. `options`: {"level": "INFO", "error_sink": SENTRY_DSN or ""}.

    `keep_loggers`: False where this runs more than once in a process. One that is kept goes on as it was first used.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[drop_what_is_imagined, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=options.get("keep_loggers", True),
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        error_without_content,
                        event_without_content,
                        *_build_sink(options.get("error_sink", "")),
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.JSONRenderer(ensure_ascii=False),
                    ],
                }
            },
            "filters": {"happened": {"()": lambda: _has_happened}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["happened"]}},
            "root": {"handlers": ["stderr"], "level": options.get("level", "INFO")},
            "loggers": {
                # django-q names each task with its arguments' ids at INFO: noise, and queue rows aren't for logs.
                "django-q": {"level": "WARNING", "propagate": True},
                # Wagtail logs each edit with the title of what was edited: content; its log entries keep it for staff.
                "wagtail": {"level": "WARNING", "propagate": True},
                # Tasks run immediately inside the request: two lines for each save tell nothing.
                "django_tasks": {"level": "WARNING", "propagate": True},
                "django.request": {"level": "ERROR", "propagate": True},
                "django.server": {"level": "WARNING", "propagate": True},
                # At DEBUG it writes requests, answers' headers and exceptions as they are.
                "httpcore": {"level": "WARNING", "propagate": True},
                "weasyprint": {"level": "ERROR"},
                "fontTools": {"level": "ERROR"},
            },
        }
    )
    # A line that can't be written would be printed with its traceback instead, and the text of the error in it.
    logging.raiseExceptions = False
    # Python's own hooks would print the traceback with its message, past every processor.
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _build_sink(dsn: str) -> list[Any]:
    """Return the processor that shows errors to the receiver, which runs after all that remove content."""
    if not dsn:
        return []
    sink = Sink(dsn)

    def show(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
        sink.take(event)
        return event

    return [show]


def drop_what_is_imagined(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what code logs inside a simulation: nobody may be woken by what didn't happen."""
    if clock.is_imagined():
        raise structlog.DropEvent
    return event


def _has_happened(record: logging.LogRecord) -> bool:
    """Let through what libraries log, too, unless it is of a simulation."""
    return not clock.is_imagined()


def error_without_content(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace a traceback by where it happened: file, line and function of each frame, and the exception's class.

    An exception's text may quote an answer (a constraint, a value that doesn't parse), so it is left out; an exception
    logged as the text itself (`logger.exception(error)`) leaves its class.
    """
    record = event.get("_record")
    if record is not None and isinstance(record.msg, BaseException):
        event["event"] = type(record.msg).__name__
    event.pop("stack_info", None)
    event.pop("stack", None)
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
        if issubclass(info[0], SPEAKS_OF_CODE):
            event["error"] += f": {info[1]}"
        event["frames"] = _frames(info[2])
    return event


def event_without_content(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Remove brief links from the text, and from django-q's failures the result that follows the task's name."""
    text = str(event.get("event", ""))
    if str(event.get("logger", "")).startswith("django-q") and event.get("level") in ("error", "critical"):
        text = text.split("\n", 1)[0].split(" - ", 1)[0]
    event["event"] = LINK.sub(r"\1…", text)[:LONGEST]
    return event


def _frames(trace: TracebackType | None) -> list[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-FRAMES_KEPT:]


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("config").critical("uncaught", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None:
        _uncaught(given.exc_type, given.exc_value, given.exc_traceback)
