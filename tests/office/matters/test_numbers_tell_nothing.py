"""From the numbers that he sees nobody infers what he does not see: receipts, leads and letters tell neither count nor order, a lead on a colleague leaves no gap."""
from __future__ import annotations

import re
from itertools import pairwise

import psycopg
import pytest

from tests.office.matters.conftest import Kit, kit  # noqa: F401
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import handover, leads
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover


def number(text: str) -> int:
    found = re.search(r"〕(\d+)号?$", text)
    assert found, text
    return int(found[1])


def assert_tells_nothing(seen: list[int]) -> None:
    """Drawn in a row, and nothing of it shows: no order, no steps of one, no range that grows with the count."""
    assert seen != sorted(seen)
    assert not any(abs(a - b) == 1 for a, b in pairwise(seen))
    assert max(seen) - min(seen) > 10_000


def test_a_sender_infers_from_his_receipts_neither_how_many_parcels_came_nor_in_which_order(kit: Kit, stage: Theatre) -> None:  # noqa: F811
    seen = []
    for _ in range(10):
        lead = kit.open()
        with stage.acts(kit.chief):
            sent = handover.send(Matter.objects.get(pk=lead), stage.body("zhongyue"), reason="属该县管理权限")
            seen.append(number(Handover.objects.get(pk=sent.id).receipt_no))
    assert len(set(seen)) == 10
    assert all(100_000 <= n <= 999_999 for n in seen)
    assert_tells_nothing(seen)
    behind = [r[0] for r in stage.admin.execute("select number from number_use where series like 'receipt:%%' and series like %s order by number", [f"receipt:{stage.body('zhongyue')}%"]).fetchall()]
    assert behind == list(range(1, len(behind) + 1)), "the count behind them has no gap, for whoever checks the series"


def test_the_count_behind_is_no_sessions_to_read(kit: Kit, stage: Theatre) -> None:  # noqa: F811
    from django.db import connection
    from django.db.utils import ProgrammingError

    for attack in ("select number from number_use", "select * from number_use", "select last from number_series", "select access.scattered('receipt:1', 2026, 1)"):
        with stage.acts(kit.chief), connection.cursor() as cursor, pytest.raises(ProgrammingError) as refused:
            cursor.execute(attack)
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege), attack


def test_a_handler_counts_nothing_by_the_numbers_of_his_own_leads(kit: Kit, stage: Theatre) -> None:  # noqa: F811
    def registered(subject: leads.Subject | None = None) -> Matter:
        lead = kit.open(by=kit.duty, subjects=(subject or kit.subject(),))
        kit.hands.step(kit.duty, lead, "accept", form=kit.registration())
        with stage.acts(kit.duty):
            return Matter.objects.get(pk=lead)

    seen = [registered() for _ in range(4)]
    hidden = registered(leads.Subject("潘雪松", person=stage.person(kit.second), unit_body=stage.body("wuchuan"), post="干部"))
    seen += [registered() for _ in range(4)]
    assert not stage.sees(kit.second, hidden.id)
    assert_tells_nothing([number(m.number) for m in seen])
    everyone = [*seen, hidden]
    assert len({m.number for m in everyone}) == len(everyone)
    assert all(100_000 <= number(m.number) <= 999_999 for m in everyone), "the one on a colleague looks like every other"
    rows = stage.admin.execute("select series, year, array_agg(number order by number), max(number) from number_use group by 1, 2").fetchall()
    assert all(numbers == list(range(1, last + 1)) for _, _, numbers, last in rows), "no series has a gap, whoever sees it"
