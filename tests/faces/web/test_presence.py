"""到场时钟 on the screen: whoever works on the matter opens it, enters care and talks, assesses the risk, and hands the keeping over by two signatures."""
from __future__ import annotations

import re
from typing import Any

import pytest


def flat(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def subject(stage):
    return stage.one("select id from matter_subject where matter_id = %s", stage.made["lead"])


def test_a_talk_without_custody_from_arrival_to_leaving(stage, subject):
    """S0-49 on the page: "high" does not end without plan and keeper; each change of keeper is signed twice; every act is an event."""
    mine, other, page = stage.client("wuchuan-handler1"), stage.client("wuchuan-handler2"), f"/m/{stage.ref('lead')}/presence"
    me, you = (stage.world.people[c] for c in ("wuchuan-handler1", "wuchuan-handler2"))
    start = stage.one("select count(*) from audit.event where verb like 'presence.%%'")
    assert "到场时钟" in flat(mine.get(f"/m/{stage.ref('lead')}"))

    def post(client: Any, act: str, **form: Any) -> str:
        answer = client.post(f"{page}/{act}", form, follow=True)
        return flat(answer)

    def refused(client: Any, act: str, **form: Any) -> str:
        answer = client.post(f"{page}/{act}", form)
        assert answer.status_code == 422, (act, answer.status_code)
        return flat(answer)

    # what is no basis, and who is no subject of this matter, begin nothing
    for bad in ({"subject": subject, "basis": "waiting_for_approval"}, {"subject": 1, "basis": "walk_in_talk"}, {"subject": subject, "basis": "walk_in_talk", "at": "soon"},
                {"subject": subject, "basis": "walk_in_talk", "keeper": 1}, {"subject": subject, "basis": "walk_in_talk", "at": "2999-01-01T10:00"}):
        refused(mine, "open", place="谈话室", **bad)
    shown = post(mine, "open", subject=subject, basis="walk_in_talk", place="谈话室", told_free="1")
    assert "走读式谈话（自愿到场）" in shown
    assert "最迟离开" in shown
    assert "告知可离开" in shown
    assert "没有身体检查记录" in shown
    refused(mine, "open", subject=subject, basis="witness", place="另一间")  # one clock per person: a second would start the twelve hours anew
    from xieli.office.ids import to_ref

    row = to_ref(stage.one("select id from presence where matter_id = %s and ended_at is null", stage.made["lead"]))
    assert "没有身体检查记录" not in post(mine, f"{row}/care", kind="medical", note="血压正常")
    refused(mine, f"{row}/care", kind="talk")
    refused(mine, f"{row}/care", kind="meal", at="2020-01-01T10:00")  # before he came
    assert "两名" in refused(mine, f"{row}/talk", **{"person.0": me, "role.0": "lead", "person.2": you, "role.2": "specialist"})
    shown = post(mine, f"{row}/talk", **{"person.0": me, "role.0": "lead", "asked.0": "账户", "person.1": you, "role.1": "assistant"})
    assert "主谈 · 账户" in shown
    refused(mine, f"{row}/basis", basis="waiting_for_approval")
    # the risk
    shown = post(mine, f"{row}/risk", risk="high", note="情绪低落")
    assert "风险为高" in shown
    assert "补上之前谈话不能结束" in shown
    assert "安全预案" in refused(mine, f"{row}/end", kind="left")
    post(mine, f"{row}/risk", risk="high", plan="双人看护，医护待命")
    refused(mine, f"{row}/risk", risk="low")  # lowered in silence
    assert "安全预案" in refused(mine, f"{row}/end", kind="left")  # a plan, and nobody named
    # the keeper: named, handed over, taken
    post(mine, f"{row}/name", keeper=me)
    refused(mine, f"{row}/name", keeper=you)
    refused(mine, f"{row}/hand", keeper=1)  # nobody of this matter
    refused(other, f"{row}/hand", keeper=you)
    refused(other, f"{row}/take")
    assert "对方签收之前仍由现在的看护人负责" in post(mine, f"{row}/hand", keeper=you, note="换班")
    assert "签收，从现在起由我看护" in flat(other.get(page))
    assert "签收，从现在起由我看护" not in flat(mine.get(page))
    assert "已签收" in post(other, f"{row}/take")
    english = flat(stage.client("wuchuan-handler1", "en").get(page))
    assert "Presence clock" in english
    assert "talk without custody" in english
    assert not [w for w in ("风险为高", "看护人", "登记谈话", "结束到场", "已签收") if w in english]
    # the end; and what has ended takes nothing more
    assert "现在没有人到场" in post(mine, f"{row}/end", kind="left")
    for act, form in (("risk", {"risk": "low", "note": "平稳了"}), ("end", {"kind": "left"}), ("take", {}), ("care", {"kind": "meal"})):
        refused(mine, f"{row}/{act}", **form)
    assert stage.one("select keeper_id from presence where id = (select max(id) from presence where matter_id = %s and keeper_id = %s)", stage.made["lead"], you) == you
    assert stage.one("select count(*) from audit.event where verb like 'presence.%%'") - start >= 9


def test_a_reader_enters_nothing_and_whoever_does_not_see_the_matter_finds_no_clock(stage, subject):
    """A leader reads; for kin of the subject neither the page nor any clock exists."""
    page = f"/m/{stage.ref('lead')}/presence"
    row = stage.one("select id from presence where matter_id = %s order by started_at limit 1", stage.made["lead"])
    from xieli.office.ids import to_ref

    kin = stage.client("wuchuan-kin")
    nothing = kin.get("/m/0000000000000")
    for answer in (kin.get(page), kin.post(f"{page}/open", {"subject": subject}), kin.post(f"{page}/{to_ref(row)}/end", {"kind": "left"})):
        assert (answer.status_code, answer.content) == (404, nothing.content)
    before = stage.one("select count(*) from presence_entry")
    reader = stage.client("chief3")
    shown = flat(reader.get(page))
    assert "到场时钟" in shown
    answer = reader.post(f"{page}/{to_ref(row)}/care", {"kind": "meal"})
    assert answer.status_code in (403, 404, 422) or "登记休息" in shown
    if "登记休息" not in shown:
        assert stage.one("select count(*) from presence_entry") == before


def test_the_check_on_arrival_that_the_announcement_records_is_a_recorded_check(stage):
    """One check, entered once: the form's answer counts for this person's presence, and for nobody else's nor for another day."""
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from xieli.office.matters.queries.presences import tell
    from xieli.office.matters.tables.core import MatterSubject
    from xieli.office.matters.tables.measures import Presence
    from xieli.office.matters.tables.work import FormSubmission

    came = datetime(2026, 3, 17, 23, 30, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
    row = Presence(id=1, subject=MatterSubject(id=1, name="郭某某"), basis="liuzhi", started_at=came)

    def codes(**data: str) -> set[str]:
        forms = [FormSubmission(form="announcement", revision=1, data={"subject": "郭某某", "announced_at": "2026-03-17T23:30:00+08:00", **data})]
        return {f.code for f in tell([row], [], [], came + timedelta(hours=1), forms)[0].folded.findings}

    assert "no_medical" not in codes(medical="care")
    assert "no_medical" in codes()  # announced, and the check left open
    assert "no_medical" in codes(medical="care", subject="彭某某")
    assert "no_medical" in codes(medical="care", announced_at="2026-03-12T09:00:00+08:00")
    assert "no_medical" in {f.code for f in tell([row], [], [], came + timedelta(hours=1))[0].folded.findings}
