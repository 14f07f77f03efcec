"""C10, C14: the chain from a disclosure to justice, played once, and the text for outside that is made from its case."""
from __future__ import annotations

import pytest

from tests.rows.acting import Office
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.stories import sc11_brand
from xieli.office.demo.stories.sc10_package import ROOM
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.queries import masking
from xieli.office.matters.services import disclosure, grants, leads
from xieli.office.matters.services.recorded import identities
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.reports import trees

BEGINS = sc11_brand.BEGINS


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    sc11_brand.play(stage)
    return stage


def _package(stage: Theatre) -> int:
    with stage.acts(ROOM):
        return int(Matter.objects.get(kind="package_before_inspection").id)


def test_the_chain_from_a_disclosure_is_counted_by_who_sees_both_ends(played: Theatre) -> None:
    """S2-11: From the disclosure record the chain prints "3 立案, 1 移送"; each link by id, viewable only by those entitled to both ends."""
    stage, package = played, _package(played)
    with stage.acts(ROOM):
        row = Matter.objects.get(pk=package)
        line = trees.from_package(row)
        assert (line.filed, line.to_justice, line.matters["case"]) == (3, 1, 2)
        ids = list(MatterLink.objects.filter(source=row, kind="led_to").values_list("target_id", flat=True))
        assert sorted(Matter.objects.filter(pk__in=ids).values_list("title", flat=True)) == sorted(sc11_brand.DUG)
        assert disclosure.untied(row) == []
    for other in (ins.MEMBER, "yj-petitions", "wuchuan-handler1"):
        with stage.acts(other):
            assert not MatterLink.objects.filter(source_id=package).exists()
    with stage.acts(ins.HEAD):
        assert trees.from_package(Matter.objects.get(pk=package)).filed == 0


def test_a_text_for_outside_gives_nobody_away(played: Theatre) -> None:
    """S0-48: Generating a press text from a case yields 某-form names and pseudonyms, a scan finds no full name/ID/phone, and release needs approval."""
    assert [masking.masked(n) for n in ("魏明远", "段平", "田海燕", "欧阳修远", "陈某某", "")] == ["魏某某", "段某", "田某某", "欧阳某某", "陈某某", "某人"]
    assert identities("魏明远电话13800138000，证件99010119800101123X，编号20260301123456", ["魏明远", "陈某某"]) == ["魏明远", "13800138000", "99010119800101123X"]
    stage, office = played, Office(played)
    case = next(v for k, v in stage.made.items() if str(k).startswith("case-") and len(stage.made[f"both-{str(k)[5:]}"]) == 1)
    with stage.acts(ROOM):
        row = Matter.objects.get(pk=case)
        draft = masking.draft(row)
        staff = [n for n in masking.names_behind(row) if "某" not in n]
        assert len(staff) > 5
        assert "蒋某某（局长）" in draft.text
        assert "移送司法机关" in draft.text
        assert "（化名）" in draft.text
        assert identities(draft.text, staff) == []
        text = int(leads.spawn(row, "typical_case", "derived", owner=row.owner_body_id, copy_subjects=False).id)
    form = {"kind": "press", "harm": "损害集体利益", "causes": [{"cause": "监督缺位", "cases": 1}], "features": "无偿转让", "pattern": draft.text, "scanned": True}
    told = {**form, "features": f"由{staff[0]}办理，联系电话13800138000"}
    assert office.refused(ROOM, text, "submit", ("text", told)) == "guard_field"
    office.step(ROOM, text, "name_found", ("text", told))
    assert office.facts(text, "typical.identities", ROOM) == [2]
    office.step(ROOM, text, "submit", ("text", form))
    with stage.acts(ROOM):
        grants.give(text, stage.person("yj-adj1"), kind="handler", acts=["read", "write"], ends_at=None, basis="审理放行", reason="")
    assert office.facts(text, "typical.identities", ROOM) == [0]
    office.step("yj-adj1", text, "release", ("release", {"stage": "effective", "decided_on": office.hands.day()}))
    assert office.refused(ROOM, text, "publish") == "not_approved"
    office.hands.approved(ROOM, text, "publish", office.deputy)
    office.step(ROOM, text, "publish")
    assert office.outcomes(text, ROOM) == ["published"]
