"""Celery over Redis: acknowledged late, given back when a worker is lost, nothing fetched ahead."""

import os

import django
from celery import Celery

from . import mails

django.setup()
app = Celery("bench", broker=os.environ["BENCH_REDIS_URL"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    worker_concurrency=2,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 10},
)
send_one = app.task(mails.send_one, name="send_one")
