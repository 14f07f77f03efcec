"""A token for trying the API in a demo: the three acts of real life (asked, confirmed, collected), by three of the demo's people."""
from __future__ import annotations

import os


class NoDemo(Exception):
    """Not a demo, or no such person; in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh, self.en = zh, en


def issue(person: str, days: int, scopes: tuple[str, ...]) -> str:
    """Go the whole way to a token of a demo's person. Raises NoDemo anywhere but in a demo: elsewhere it goes through the screens."""
    from xieli.server import prepare
    from xieli.server.postgres import ensure_database

    with ensure_database() as db:
        if prepare.mark_of(db) != "demo":
            raise NoDemo("这不是演示环境。正式环境的令牌由安全管理员提出、机构主要负责人确认、本人领取（界面“接口令牌”）。",
                         "This is not a demo. In a real installation security asks for a token, the body's head confirms it and its person collects it (screen “API tokens”).")
        os.environ.update(prepare.process_environment(db, "web"))
        import django

        django.setup()
        from django.db import transaction

        from xieli.office.clients import services
        from xieli.office.clients.models import SCOPES
        from xieli.office.demo.scratch import keeper_connection
        from xieli.office.demo.world import read
        from xieli.server.binding import acting, open_demo_session

        with keeper_connection(db) as connection:
            people = read(connection).people
            if person not in people:
                raise NoDemo(f"演示人员中没有“{person}”。", f"The demo has no person “{person}”.")
            row = connection.execute(
                "select a.person_id from posting a join office o on o.id = a.office_id and o.code in ('head', 'town_secretary') join posting b on b.body_id = a.body_id"
                " where b.person_id = %s and a.ends_at is null and a.person_id <> %s limit 1", [people[person], people[person]]).fetchone()

        def token_of(identity: int) -> str:
            with transaction.atomic():
                return open_demo_session(identity)

        with acting(token_of(people["secadmin"])):
            token = services.propose(people[person], label="演示", scopes=scopes or tuple(SCOPES), days=days, reason="试用接口")
        with acting(token_of(row[0] if row else people["audadmin"])):
            services.confirm(token)
        with acting(token_of(people[person])):
            return services.collect(token)
