"""Relations: one question opened twenty at a time, filtered, closed again, each edge with its row; a list says all that the picture does."""
from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.office.desk.conftest import Bench
from tests.office.desk.test_screens import browse, main  # noqa: F401
from xieli.office.desk import demo, queries, relations, services
from xieli.office.desk.models import Authorization, Hit, Snapshot
from xieli.office.ids import to_ref
from xieli.office.matters.tables.core import Matter

OFFICIAL, FIRM = "t-00000000000000a1", "t-00000000000000f1"


def edge(kind: str, source: str, target: str, row: int, ends: tuple[str, str] = ("person", "company"), **more: Any) -> dict[str, Any]:
    return {"kind": kind, "source": source, "target": target, "source_kind": ends[0], "target_kind": ends[1], "from": None, "to": None, "note": "", "dataset": "d", "row": str(row), **more}


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> relations.Relations:
    """An official who owns a firm with forty-five contracts; one hit judged true, one a data error."""
    contracts = [edge("contract", FIRM, f"合同{n:02d}", n, ("company", "contract"), **{"from": f"2024-01-{n % 28 + 1:02d}", "to": f"2024-01-{n % 28 + 1:02d}"}) for n in range(45)]
    hits = [SimpleNamespace(code="H-1", verdict="true", edges=[edge("ownership", OFFICIAL, FIRM, 900, **{"from": "2020-01-01", "to": "2024-12-31"}), *contracts]),
            SimpleNamespace(code="H-2", verdict="data_error", edges=[edge("kin", OFFICIAL, "t-00000000000000b2", 901, ("person", "person")), contracts[0]])]
    monkeypatch.setattr(queries, "hits", lambda a: hits)
    return relations.Relations(SimpleNamespace())  # type: ignore[arg-type]


def test_a_node_opens_twenty_at_a_time_and_closes_again(graph: relations.Relations) -> None:
    start, firm = relations.key_of(OFFICIAL), relations.key_of(FIRM)
    assert len(graph.lay_out(relations.View(start)).edges) == 2
    for pages, shown in ((1, 20), (2, 40), (3, 46)):
        picture = graph.lay_out(relations.View(start, {firm: pages}))
        assert (picture.nodes[firm]["shown"], picture.nodes[firm]["total"]) == (shown, 46)
    assert graph.lay_out(relations.View(start, {})).nodes[firm]["shown"] == 0


def test_an_edge_of_two_hits_is_one_edge_and_says_what_people_judged(graph: relations.Relations) -> None:
    picture = graph.lay_out(relations.View(relations.key_of(OFFICIAL), {relations.key_of(FIRM): 3}))
    both = next(e for e in picture.edges if e.row == "0")
    assert (both.hits, both.standing) == (("H-1", "H-2"), "accepted")
    assert next(e for e in picture.edges if e.kind == "kin").standing == "rejected"
    assert len({e.key for e in picture.edges}) == len(picture.edges) == 47


def test_kinds_and_a_day_filter_what_is_shown(graph: relations.Relations) -> None:
    start = relations.key_of(OFFICIAL)
    assert {e.kind for e in graph.lay_out(relations.View(start, kinds=("kin",))).edges} == {"kin"}
    picture = graph.lay_out(relations.View(start, {relations.key_of(FIRM): 3}, on=date(2024, 1, 2)))
    assert {e.first for e in picture.edges if e.kind == "contract"} == {"2024-01-02"}
    assert graph.lay_out(relations.View("nothing")).nodes == {}


def test_a_path_joins_the_picture_or_is_said_to_be_missing(graph: relations.Relations) -> None:
    start, far = relations.key_of(OFFICIAL), relations.key_of("合同30")
    found = graph.lay_out(relations.View(start, path=(start, far)))
    assert (len(found.path), found.path_found) == (2, True)
    assert far in found.nodes
    assert graph.lay_out(relations.View(start, kinds=("kin",), path=(start, far))).path_found is False


@pytest.fixture(scope="module")
def case(bench: Bench) -> tuple[int, int]:
    """Duan's data under an authorization on the lead; returns the authorization and the hit of the shadow company."""
    from xieli.office.demo.stories import sc01_data

    bench.stage.made["truth"] = demo.load_case(bench.stage.admin, (bench.stage.subject_id("duan"), "段某"))
    asked = sc01_data.asked(bench.stage)
    with bench.stage.acts(bench.chief):
        made = services.propose(Matter.objects.get(pk=bench.lead), services.Proposal(**{**vars(asked), "operators": ()})).id
    bench.signed(made, bench.head, bench.deputy)
    assert demo.run_now(bench.stage, bench.chief, made, sc01_data.SHADOW).result["hits"] == 1
    with bench.stage.acts(bench.chief):
        return made, Hit.objects.get(run__authorization_id=made).id


def links(page: str, word: str) -> list[str]:
    return [p.split('"')[0].replace("&amp;", "&") for p in page.split(f'href="{word}')[1:]]


def test_the_picture_works_by_links_alone(bench: Bench, browse: Any, case: tuple[int, int]) -> None:  # noqa: F811
    chief, at = browse(bench.chief), f"/desk/a/{to_ref(case[0])}/relations"
    with bench.stage.acts(bench.chief):
        code = Hit.objects.get(pk=case[1]).code
    assert f"?q={code}" in chief.get(at).content.decode()
    first = chief.get(at, {"q": code})["Location"]
    page = main(chief.get(first).content.decode())
    seen, shown = {first}, page.count("#evidence")
    while True:
        more = [x for x in links(page, "?start=") if "open=" in x and "edge=" not in x and x not in seen and len(parse_qs(x)["open"]) > len(parse_qs(urlsplit(first).query).get("open", []))]
        if not more:
            break
        first = f"{at}?start={more[0]}"
        seen.add(more[0])
        page = main(chief.get(first).content.decode())
    assert page.count("#evidence") > shown
    assert "990101" not in page
    chosen = next(x for x in links(page, "?start=") if "edge=" in x)
    evidence = main(chief.get(f"{at}?start={chosen}").content.decode())
    assert "/desk/h/" in evidence
    assert browse("yj-analyst").get(f"{at}?start={chosen}").status_code == 404


def test_a_snapshot_keeps_the_picture_as_it_stood(bench: Bench, browse: Any, case: tuple[int, int]) -> None:  # noqa: F811
    chief, at = browse(bench.chief), f"/desk/a/{to_ref(case[0])}"
    with bench.stage.acts(bench.chief):
        code = Hit.objects.get(pk=case[1]).code
    start = chief.get(f"{at}/relations", {"q": code})["Location"].partition("?")[2]
    assert chief.post(f"{at}/keep", {"address": start, "title": " "}).status_code == 422
    kept = chief.post(f"{at}/keep", {"address": start, "title": "会商一", "note": "看亲属"})
    assert "会商一" in chief.get(kept["Location"]).content.decode()
    with bench.stage.acts(bench.chief):
        services.judge(Hit.objects.get(pk=case[1]), "true", "已核")
        row = Snapshot.objects.get(title="会商一")
        assert {e["standing"] for e in row.edges} == {"doubtful"}
    assert browse("yj-analyst").get(kept["Location"]).status_code == 404


def test_the_export_is_followthemoney_with_tokens_and_is_on_record(bench: Bench, browse: Any, case: tuple[int, int]) -> None:  # noqa: F811
    import json

    from xieli.engines.matching.relations.ftm import problems

    chief = browse(bench.chief)
    response = chief.post(f"/desk/a/{to_ref(case[0])}/ftm")
    known: dict[str, str] = {}
    entities = [json.loads(line) for line in response.content.splitlines()]
    for entity in entities:
        assert problems(entity, known) == []
        known[entity["id"]] = entity["schema"]
    assert {"Person", "Company", "Family"} <= set(known.values())
    assert b"990101" not in response.content
    rows = bench.stage.admin.execute("select count(*) from audit.event where verb = 'match.exported'").fetchone()
    assert rows[0] == 1


def test_after_its_end_an_authorization_exports_nothing_and_its_pictures_are_emptied(bench: Bench, case: tuple[int, int]) -> None:
    # last in the file: time only goes forward
    bench.stage.at("2026-05-20 09:00")
    with bench.sweeping():
        services.expire()
    with bench.stage.acts(bench.chief):
        assert bench.stage.refused(lambda: relations.export(Authorization.objects.get(pk=case[0]))) == "nothing"
    bench.stage.at("2026-08-20 09:00")
    with bench.sweeping():
        services.expire()
    left = bench.stage.admin.execute("select s.edges, h.edges from match_snapshot s, match_hit h where h.id = %s and s.authorization_id = %s", [case[1], case[0]]).fetchone()
    assert left == ([], [])
