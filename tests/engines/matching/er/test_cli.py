"""The commands, by files only."""
from __future__ import annotations

import csv
import json
import stat

import pytest
from click.testing import CliRunner

from xieli.faces.cli.match_er import evaluation_rows, main

pytest.importorskip("splink")


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("registers")
    assert call("synth", "--rows", 600, "--mix", "mixed", "--out", place).exit_code == 0
    return place


def test_two_files_become_explained_pairs(folder):
    out = folder / "pairs.csv"
    done = call("link", folder / "left.csv", folder / "right.csv", "--gazetteer", folder / "gazetteer.csv", "--out", out, "--save-model", folder / "m.json",
                "--clusters", folder / "c.json", "--households", folder / "h.json", "--waterfalls", folder / "w", "--top", 3, "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    pairs = list(csv.DictReader(out.open(encoding="utf-8")))
    truth = {(r["left_id"], r["right_id"]) for r in csv.DictReader((folder / "truth.csv").open())}
    hits = sum((p["left_id"], p["right_id"]) in truth for p in pairs)
    assert hits / len(pairs) > 0.95
    assert hits / len(truth) > 0.9
    assert json.loads(done.output)["pairs"] == len(pairs)
    assert len(list((folder / "w").glob("*.svg"))) == 3
    assert all(c["status"] == "proposal" and c["weakest_link"] for c in json.loads((folder / "c.json").read_text()))
    again = folder / "again.csv"
    assert call("link", folder / "left.csv", folder / "right.csv", "--gazetteer", folder / "gazetteer.csv", "--out", again, "--model", folder / "m.json").exit_code == 0
    assert again.read_bytes() == out.read_bytes()


def test_files_that_cannot_be_linked_are_refused_in_words(folder, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"\xff\xff\xff\xfe")
    doubled = tmp_path / "doubled.csv"
    doubled.write_text("id,name\n1,王伟\n1,李娜\n", encoding="utf-8")
    nameless = tmp_path / "nameless.csv"
    nameless.write_text("id\n1\n", encoding="utf-8")
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("id,name\n1,王伟,3\n", encoding="utf-8")
    empty = tmp_path / "empty.csv"
    empty.write_text("", encoding="utf-8")
    for bad, words in ((broken, "GB 18030"), (doubled, "repeated"), (nameless, "id and name"), (ragged, "nothing was read"), (empty, "empty")):
        done = call("link", bad, folder / "right.csv", "--out", tmp_path / "o.csv")
        assert done.exit_code == 1
        assert words in done.output
        assert not (tmp_path / "o.csv").exists()


def test_gb18030_is_read(tmp_path):
    from xieli.faces.cli.match_er import read_table

    path = tmp_path / "gb.csv"
    path.write_bytes("id,name\n007,王伟\n".encode("gb18030"))
    assert read_table(path).to_pylist() == [{"id": "007", "name": "王伟"}]


EDGES = "source,target,kind,from,to,dataset,row,note,source_kind,target_kind\n段某,段妻,kin,,,population,12,配偶,person,person\n段妻,宏达商贸,office,2019-01-01,,market,77,,person,company\n宏达商贸,某支行,contract,2021-05-01,2021-05-01,procurement,5,,company,body\n"


def test_relations_from_a_file(tmp_path):
    edges = tmp_path / "edges.csv"
    edges.write_text(EDGES, encoding="utf-8")
    done = call("relations", "paths", edges, "--start", "段某", "--json")
    assert done.exit_code == 1  # findings
    assert json.loads(done.output)["paths"][0]["nodes"] == ["段某", "段妻", "宏达商贸", "某支行"]
    assert call("relations", "paths", edges, "--start", "段某", "--pattern", "kin, office>, contract<").exit_code == 0
    assert call("relations", "paths", edges, "--start", "某人").exit_code == 2
    assert call("relations", "paths", edges, "--start", "段某", "--pattern", "kin*0-9").exit_code == 2
    assert json.loads(call("relations", "components", edges, "--json").output) == [["段某", "段妻", "宏达商贸", "某支行"]]
    assert json.loads(call("relations", "expand", edges, "--node", "段妻", "--json").output)["total"] == 2
    assert call("relations", "export-ftm", edges, tmp_path / "o.jsonl").exit_code == 0
    assert len((tmp_path / "o.jsonl").read_text().splitlines()) == 8
    money = tmp_path / "money.csv"
    money.write_text("source,target,amount,time\na,b,100,2024-01-01\nb,c,95,2024-01-03T10:00\nc,a,90,2024-01-05\n")
    done = call("relations", "flows", money, "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)[0]["accounts"] == ["a", "b", "c"]
    money.write_text("source,target,amount,time\na,b,ten,2024-01-01\n")
    assert "line 2" in call("relations", "flows", money).output


def test_two_folders_compare_without_pooling(tmp_path):
    place = tmp_path / "two"
    done = call("psi", "demo", place)
    assert done.exit_code == 1, done.output  # hits
    client, owner = place / "commission", place / "civil_affairs"
    mine, theirs = (set(f.read_text().split()[1:]) for f in (client / "list.csv", owner / "deaths.csv"))
    assert set((client / "hits.csv").read_text().split()[1:]) == mine & theirs
    assert len(mine & theirs) == 12
    assert not (client / "secret").exists()
    assert stat.S_IMODE((owner / "owner.key").stat().st_mode) == 0o600
    for name in ("request.json", "response.json"):
        assert not any(x in (client / name).read_text() for x in theirs | mine)
    # the same request a second time
    again = call("psi", "respond", owner / "request.json", "--data", owner / "deaths.csv", "--policy", owner / "policy.json", "--key", owner / "owner.key", "--register", owner / "answered.jsonl", "--out", owner / "second.json")
    assert again.exit_code == 3
    assert not (owner / "second.json").exists()


@pytest.mark.soak
def test_the_standing_checks_reach_their_aims():
    rows = {(r["data"], r["method"]): r for r in evaluation_rows()}
    skipped = [d for d, m in rows if m == "skipped"]
    if skipped:
        pytest.skip(f"evaluation data folder is absent for: {', '.join(skipped)}")
    assert rows["historical_50k", "xieli, pairs with a test record"]["f1"] >= 0.90
    assert rows["FEBRL4", "xieli, all"]["f1"] >= 0.999
    assert rows["AMLSim 20K", "circles, chains or fan-ins, all"]["precision"] >= 0.99
    assert rows["AMLSim 20K", "circles, chains or fan-ins, test half"]["recall"] >= 0.5
