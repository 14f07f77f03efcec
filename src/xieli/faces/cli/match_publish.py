"""`xieli match publish`: from the folder of an installation to the catalogue on its desk."""
from __future__ import annotations

import json
import os

import click

from xieli.server import prepare
from xieli.server.postgres import ensure_database
from xieli.server.words import pick


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def publish(as_json: bool) -> None:
    """Say where this installation's data sets lie, and list on its desk what was imported there.

    Import with `xieli match import FILE --as DESCRIPTION -C FOLDER`, then publish again. Running it twice changes nothing.
    """
    with ensure_database() as db:
        os.environ.update(prepare.process_environment(db, "backup"))
        import django

        django.setup()
        from xieli.office.demo.scratch import keeper_connection
        from xieli.office.desk import shelf, store

        with keeper_connection(db) as connection:
            row = connection.execute("select access.now()").fetchone()
            assert row is not None
            count = shelf.publish(connection, row[0])
            folder = store.folder()
    if as_json:
        print(json.dumps({"datasets": count, "folder": str(folder)}))
        return
    print(pick(f"数据目录已上架 {count} 个数据集。", f"{count} data sets are listed on the desk."))
    print(pick(f"导入到：-C {folder}", f"Import into: -C {folder}"))
