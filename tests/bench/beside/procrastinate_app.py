"""procrastinate over PostgreSQL: its queue is in the database; what a dead worker held is tried again."""

import os

import django
from procrastinate import App, JobContext, PsycopgConnector, SyncPsycopgConnector

from . import mails

django.setup()
BEAT_SECONDS = 1.0
STALLED_SECONDS = 2.0
_is_worker = os.environ.get("BENCH_ROLE") == "worker"
_connector = PsycopgConnector if _is_worker else SyncPsycopgConnector
app = App(connector=_connector(conninfo=os.environ["BENCH_DATABASE_URL"].replace("postgres://", "postgresql://")))
send_one = app.task(name="send_one", retry=True)(mails.send_one)


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock="stalled", pass_context=True, name="retry_stalled")
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await manager.retry_job(job)


def work() -> None:
    """Run one worker until it is stopped."""
    app.run_worker(
        concurrency=1,
        listen_notify=True,
        fetch_job_polling_interval=1.0,
        update_heartbeat_interval=BEAT_SECONDS,
        stalled_worker_timeout=STALLED_SECONDS,
        delete_jobs="successful",
    )


if __name__ == "__main__":
    work()
