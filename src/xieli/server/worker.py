"""The worker process: runs queued jobs as the `job` role until it is told to stop.

    python -m xieli.server.worker
"""
from __future__ import annotations

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
    import django
    from django.core.management import call_command

    django.setup()
    from xieli.server import courier

    courier.start()  # mail and webhooks, beside the jobs
    # call_command leaves out Django's checks of templates and addresses: this process serves no page
    # two at a time: an hour of matching does not keep a short job waiting
    call_command("procrastinate", "worker", "--delete-jobs", "successful", "--concurrency", "2")


if __name__ == "__main__":
    main()
