"""Wuchuan's reporters' store: two keepers, two approvers, three custodians; a lead whose team must not learn who reported."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.office.matters.conftest import Kit, kit  # noqa: F401
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services.errors import Refused
from xieli.office.reporters import services
from xieli.server import custodians

WHO = {"name": "钟离小满", "id_number": "990101198501019999", "phone": "13800009999", "address": "巫川县甲镇乙村丙组", "original": "我是钟离小满，亲眼看见某科长收下现金。电话138-0000-9999。"}
EXTRACT = "反映某科长收受现金一次，称有目击，时间地点已核。"
PHRASE = {p: f"unrelated words of {p} on the hill" for p in ("k1", "k2", "a1", "a2", "h1")}
PAPER = "custodian words on paper"


@dataclass
class Store:
    """Persons by part (k1, k2 keepers; a1, a2 approvers; h1 of the team), and short ways to what tests begin from."""

    kit: Kit
    people: dict[str, str]
    files: list[Path]
    keys: dict[str, int] = field(default_factory=dict)

    @property
    def body(self) -> int:
        return self.kit.stage.body("wuchuan")

    def as_(self, part: str) -> AbstractContextManager[None]:
        return self.kit.stage.acts(self.people[part])

    def sql(self, query: str, *values: Any) -> Any:
        row = self.kit.stage.admin.execute(query, list(values)).fetchone()
        return row[0] if row else None

    def taken(self, *, named: bool = True, extract: str = EXTRACT, matter: int = 0, **identity: str) -> services.Taken:
        """A report on a new lead (or this one), taken in by case management, who may write on it."""
        lead = matter or self.kit.open(by=self.kit.duty)
        with self.kit.stage.acts(self.kit.duty):
            return services.take_in(lead, body=self.body, named=named, received_on=date(2026, 3, 1), extract=extract,
                                    identity={**(WHO if named else {"original": "有人收钱。"}), **identity})

    def asked(self, report: int, by: str = "k1", purpose: str = "contact", hours: int = 24) -> int:
        with self.as_(by):
            return services.ask(report, purpose, "须与反映人核对时间地点", hours)

    def handed(self, request: int, by: str = "a1") -> str:
        with self.as_(by):
            return services.hand(request, PHRASE[by])

    def code(self, part: str, act: Callable[[], object]) -> str:
        """The code with which an act is refused; empty when it goes through."""
        try:
            with self.as_(part):
                act()
        except Refused as refused:
            return refused.code
        return ""


def second_holder(stage: Theatre, office: str, person: str) -> None:
    """Another person in the same office, confirmed."""
    stage.admin.execute(
        "insert into posting (person_id, body_id, room_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id)"
        " select %s, o.body_id, o.room_id, o.id, 'regular', '2020-01-01', '', false, %s from office o where o.id = %s",
        [stage.person(person), stage.person(person), stage.world.offices[office]])


@pytest.fixture(scope="module")
def store(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Store:  # noqa: F811
    stage = kit.stage
    room = "wuchuan/petitions"
    office = stage.admin.execute("insert into office (body_id, room_id, code, title_zh, title_en, valid_from) values (%s, %s, 'keeper', '反映人信息保管员', 'keeper', '2020-01-01') returning id",
                                 [stage.body("wuchuan"), stage.room(room)]).fetchone()[0]
    stage.world.offices[f"keeper@{room}"] = office
    made = {}
    for i, part in enumerate(("k1", "k2", "a2")):
        name = f"守{'甲乙丙'[i]}某"
        person = stage.admin.execute("insert into person (name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (%s, '', '{}', '', '', '', 3, true, true) returning id",
                                     [name]).fetchone()[0]
        stage.world.people[part] = person
        made[part] = part
        second_holder(stage, f"keeper@{room}" if part != "a2" else "deputy@wuchuan", part)
    folder = tmp_path_factory.mktemp("custodians")
    files = []
    for name in ("甲保管", "乙保管", "丙保管"):
        file = folder / f"{name}.json"
        found = custodians.make(name, PAPER, file)
        stage.admin.execute("insert into reporters.custodian (public, name, added_at) values (%s, %s, now())", [found.public, name])
        files.append(file)
    store = Store(kit, {**made, "a1": "zhou-rong", "h1": kit.handler, "chief": kit.chief, "duty": kit.duty}, files)
    for part, side in (("k1", "keeper"), ("k2", "keeper"), ("a1", "approver"), ("a2", "approver"), ("h1", "asker")):
        with store.as_(part):
            store.keys[part] = services.make_key(store.body, side, PHRASE[part])
    return store
