"""`xieli api`: the description of the API, and a token for trying it in a demo."""
from __future__ import annotations

import os
import sys

import click

from xieli.server.words import pick


@click.group()
def api() -> None:
    """The API for other programs. 供其他程序使用的接口。"""


@api.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 description. 打印接口描述。"""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
    import django

    django.setup()
    from xieli.faces.api.describe import written

    sys.stdout.write(written())


@api.command()
@click.option("--person", default="chief3", show_default=True, help="A code of the demo's people, e.g. chief3, fire-officer.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366))
@click.option("--scope", "scopes", multiple=True, help="Which scopes; all without one.")
def token(person: str, days: int, scopes: tuple[str, ...]) -> None:
    """A token in a running demo: asked by security, confirmed by the head, collected by its person. 在演示环境中领取令牌。"""
    from xieli.office.demo.token import NoDemo, issue

    try:
        sys.stdout.write(issue(person, days, scopes) + "\n")
    except NoDemo as error:
        sys.stderr.write(pick(error.zh, error.en) + "\n")
        sys.exit(3)
