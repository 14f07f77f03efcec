"""`xieli serve`: run the whole installation in this terminal."""
from __future__ import annotations

import json

import click

from xieli.server import serving
from xieli.server.words import pick, to_terminal


@click.command()
@click.option("--demo", is_flag=True, help="An empty database becomes a demo with invented people / 空库建成演示环境")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on / 监听地址")
@click.option("--port", default=serving.FIRST_PORT, show_default=True, type=click.IntRange(1, 65535), help="First port to try / 首选端口")
@click.option("--workers", default=0, type=click.IntRange(0, 64), help="Web processes; 0: by processors / 网页进程数")
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON when ready / 就绪后以 JSON 输出地址")
def serve(demo: bool, host: str, port: int, workers: int, as_json: bool) -> None:
    """Database, web, sign-in, worker, sweeper and sealer under one supervisor; Ctrl-C stops all. 启动全部服务。"""
    def ready(at: serving.Addresses) -> None:
        if as_json:
            print(json.dumps({"url": at.url, "door": at.door_url}), flush=True)

    try:
        serving.serve(serving.Options(host, port, demo, workers), to_terminal, on_ready=ready)
    except serving.AlreadyServing as running:
        where = running.url or pick("(正在启动)", "(still starting)")
        to_terminal(pick(f"协力已在运行：{where}", f"Xieli runs already: {where}"))
        if as_json:
            print(json.dumps({"url": running.url}))
