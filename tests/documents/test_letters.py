"""Letters of the night “one call”: who may make them, what they carry, what the ledger keeps, what the passport leaves out."""
from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.faces.web.conftest import played, stage  # noqa: F401

MINUTES = {"meeting": "专题会", "held": "3月3日 会议室", "present": "甲、乙", "absent": "无", "decided": "同意。", "purpose": "file", "form": "pdf", "years": "10"}


def words(response) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages).replace("\n", "")


def post(stage, person: str, matter: str, code: str, **fields: str):  # noqa: F811
    return stage.client(person).post(f"/m/{stage.ref(matter)}/documents/{code}", fields)


def test_a_draft_takes_no_number_and_an_issued_letter_the_next_one(stage):  # noqa: F811
    def used() -> int:
        return stage.one("select count(*) from number_use where series like 'letter:%%'")

    before = used()
    draft = post(stage, "wuchuan-handler1", "case", "minutes", **MINUTES, draft="1")
    assert draft.status_code == 200
    assert "（草稿）" in words(draft)
    assert used() == before
    first, second = (words(post(stage, "wuchuan-handler1", "case", "minutes", **MINUTES, issue="1")) for _ in range(2))
    assert used() == before + 2
    numbers = [r[0] for r in stage.admin.execute("select text from number_use where series like 'letter:%%' order by number desc limit 2").fetchall()][::-1]
    assert numbers[0] in first
    assert numbers[1] in second
    assert "〔2026〕" in numbers[0]
    assert numbers[0] in stage.client("wuchuan-handler1").get(f"/m/{stage.ref('case')}/documents").content.decode()


def test_each_file_carries_the_watermark_and_is_one_event_with_its_purpose(stage):  # noqa: F811
    before = stage.one("select count(*) from audit.event where verb = 'document.printed'")
    made = words(post(stage, "wuchuan-handler1", "case", "minutes", **MINUTES, draft="1"))
    name = stage.one("select name from person where id = %s", stage.world.people["wuchuan-handler1"])
    assert name in made
    assert stage.ref("case") in made
    assert stage.one("select count(*) from audit.event where verb = 'document.printed'") == before + 1
    assert stage.one("select matters from audit.event where verb = 'document.printed' order by id desc limit 1") == [stage.made["case"]]
    assert stage.one("select purpose from audit.event where verb = 'document.printed' order by id desc limit 1") == "file"


def test_without_a_purpose_or_with_an_empty_field_nothing_is_made_and_what_was_typed_stays(stage):  # noqa: F811
    before = stage.one("select count(*) from number_use")
    for change in ({"purpose": ""}, {"years": ""}, {"years": "11"}, {"purpose": "curiosity"}, {"decided": " "}):
        response = post(stage, "wuchuan-handler1", "case", "minutes", **(MINUTES | change), issue="1")
        assert response.status_code == 422
        assert "3月3日 会议室" in response.content.decode()
    assert stage.one("select count(*) from number_use") == before


def test_the_letters_stand_in_one_list_what_can_be_written_first_and_only_the_chosen_one_is_open(stage):  # noqa: F811
    url = f"/m/{stage.ref('case')}/documents"
    closed, opened = (stage.client("wuchuan-handler1").get(u).content.decode() for u in (url, url + "?write=minutes"))
    assert "<form" not in closed.split('class="tasks letters"')[1].split("</ul>")[0]
    assert closed.rindex('href="?write=') < closed.index("尚无可写入的记录")  # what waits for a record stands below
    assert opened.count("/documents/") == 1
    assert f'action="{url}/minutes"' in opened
    refused = post(stage, "wuchuan-handler1", "case", "minutes", **(MINUTES | {"decided": ""}), issue="1").content.decode()
    assert '<option value="file" selected>' in refused  # the purpose is not asked twice
    assert 'name="years" inputmode="numeric" size="3" value="10"' in refused


def test_who_may_only_read_takes_no_paper_out(stage):  # noqa: F811
    reader = next(p for p in stage.world.people if stage.theatre.sees(p, stage.made["case"]) and not _may(stage, p, "export"))
    assert post(stage, reader, "case", "minutes", **MINUTES, draft="1").status_code == 422
    assert "/documents/minutes" not in stage.client(reader).get(f"/m/{stage.ref('case')}/documents").content.decode()


def _may(stage, person: str, act: str) -> bool:  # noqa: F811
    from xieli.office.matters.services.source import call

    with stage.theatre.acts(person):
        return bool(call("may", stage.made["case"], act))


def test_the_recused_person_is_told_it_does_not_exist(stage):  # noqa: F811
    client = stage.client("wuchuan-kin")
    ghost = client.get("/m/0000000000000").content
    for url in (f"/m/{stage.ref('case')}/documents",):
        assert client.get(url).content == ghost
    for code in ("minutes", "passport", "nosuch"):
        response = client.post(f"/m/{stage.ref('case')}/documents/{code}", MINUTES | {"issue": "1"})
        assert (response.status_code, response.content) == (404, ghost)


def test_the_passport_names_gates_and_no_fact_of_the_case(stage):  # noqa: F811
    from xieli.engines.ledger.tree import leaf_hash

    made = words(post(stage, "wuchuan-handler1", "case", "passport", purpose="hearing", years="10", form="pdf", draft="1"))
    assert "程序护照" in made
    facts = [r[0] for r in stage.admin.execute("select name from matter_subject where matter_id = %s union select title from matter where id = %s", [stage.made["case"]] * 2).fetchall()]
    facts += [r[0] for r in stage.admin.execute("select name from person where id <> %s and length(name) > 1", [stage.world.people["wuchuan-handler1"]]).fetchall()]
    assert not [f for f in facts if f in made]
    decided = stage.admin.execute("""select distinct on (a.id) e.canon from approval a join audit.event e on %s = any (e.matters) and e.verb = 'approval.decided'
        and convert_from(e.canon, 'UTF8')::jsonb -> 'fields' ->> 'approval' = a.id::text where a.matter_id = %s and a.decided_at is not null
        order by a.id, e.id desc""", [stage.made["case"]] * 2).fetchall()
    assert decided
    for (canon,) in decided:
        assert leaf_hash(bytes(canon)).hex() in made.replace(" ", "")


@pytest.mark.parametrize("form,begins", [("pdf", b"%PDF-"), ("docx", b"PK")])
def test_the_notice_to_the_family_speaks_of_the_measure_that_was_taken(stage, form, begins):  # noqa: F811
    measure = stage.one("select id from measure where id = %s", stage.made["measure"])
    handler = next(p for p in ("wuchuan-handler1", "zhou-rong", "chief3") if stage.theatre.sees(p, stage.made["liuzhi"]))
    response = post(stage, handler, "liuzhi", "family_notice", record=str(measure), family="䶮某", purpose="serve", years="10", form=form, issue="1")
    assert response.status_code == 200, response.content.decode()[-2000:]
    assert response.content.startswith(begins)
    if form == "pdf":
        made = words(response)
        assert "䶮某" in made
        assert "留置" in made
        assert stage.one("select s.name from measure m join matter_subject s on s.id = m.subject_id where m.id = %s", measure) in made


def test_a_record_of_another_matter_is_refused(stage):  # noqa: F811
    response = post(stage, "wuchuan-handler1", "case", "rights_sheet", record="1", purpose="serve", years="10", form="pdf", issue="1")
    assert response.status_code == 422


def test_a_gate_cites_the_article_of_its_day_and_says_when_there_is_none():
    from datetime import date

    from xieli.office.documents.facts import cited

    assert cited("cn.jcf.file.approve", date(2026, 3, 17)) == "监察法（2024修正）第42条"
    assert cited("no.such.rule", date(2026, 3, 17)).endswith("（未核实）")
