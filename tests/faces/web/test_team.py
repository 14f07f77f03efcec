"""The group of a matter on its page: a group with one head does not stand, members are seated by name, who is recused or gone is not among them."""
from __future__ import annotations

from typing import Any

from tests.rows.acting import Office
from xieli.office.ids import to_ref


def test_a_group_is_complete_when_every_seat_is_held_and_ends_when_somebody_leaves(stage: Any) -> None:
    office = Office(stage.theatre)
    matter = office.open("campaign_topic", "物业维修资金", level=0)
    at = f"/m/{to_ref(matter)}/team"
    client = stage.client(office.room)
    assert "由担任此职责的人充任" in client.get(at).content.decode(), "nobody was seated: the seat is theirs whose duty it is"
    name = {code: stage.one("select name from person where id = %s", stage.theatre.person(code)) for code in ("chief3", "yj-deputy", "yj-clerk")}
    assert f'href="{at}"' in client.get(f"/m/{to_ref(matter)}").content.decode()

    wrong = client.post(f"{at}/join", {"person": "查无此人", "slot": "supervision"})
    assert wrong.status_code == 422
    assert "没有找到“查无此人”" in wrong.content.decode()
    assert 'value="查无此人"' in wrong.content.decode(), "what was typed stays"
    for bad in ({"person": name["chief3"], "slot": "nowhere"}, {"person": " ", "slot": "supervision"}, {"person": name["chief3"], "slot": "supervision", "ends_on": "31.2."}):
        assert client.post(f"{at}/join", bad).status_code == 422, bad
    assert stage.one("select count(*) from team_member m join team t on t.id = m.team_id where t.matter_id = %s", matter) == 0

    assert client.post(f"{at}/join", {"person": name["chief3"], "slot": "supervision"}).status_code == 302
    assert client.get(at).content.decode().count("尚未组成") == 2, "one of two"
    assert client.post(f"{at}/join", {"person": name["chief3"], "slot": "supervision"}).status_code == 422, "twice in one seat"
    for person, slot in (("yj-deputy", "supervision"), ("yj-clerk", "rectifying")):
        assert client.post(f"{at}/join", {"person": name[person], "slot": slot, "ends_on": "2026-06-30"}).status_code == 302
    complete = client.get(at).content.decode()
    assert "尚未组成" not in complete
    assert "2026-06-30" in complete
    assert "Needed" in stage.client(office.room, "en").get(at).content.decode()

    # ── the clerk works here by his seat alone: when it ends, the matter is not there for him ──
    clerk = stage.client("yj-clerk")
    assert clerk.get(f"/m/{to_ref(matter)}").status_code == 200
    theirs = clerk.get(at).content.decode()
    assert "成员由对本事项有授权权的人安排" in theirs, "who may not seat is told who may"
    assert 'name="slot"' not in theirs
    assert clerk.post(f"{at}/leave", {"person": stage.theatre.person("chief3")}).status_code == 422, "who may not seat does not unseat"
    assert client.post(f"{at}/leave", {"person": stage.theatre.person("yj-clerk")}).status_code == 302
    assert clerk.get(f"/m/{to_ref(matter)}").status_code == 404
    assert client.get(at).content.decode().count("尚未组成") == 1
    outsider = stage.client("wuchuan-handler1")
    assert outsider.get(at).status_code == outsider.post(f"{at}/join", {"person": name["chief3"], "slot": "supervision"}).status_code == 404
    note = office.open("decision_task", "没有组的事项", level=0)
    assert client.get(f"/m/{to_ref(note)}/team").status_code == 404, "a kind that asks for no group has no such page"


def test_who_is_recused_does_not_join(stage: Any) -> None:
    office = Office(stage.theatre)
    matter = office.open("joint_check", "回避也管入组", level=1)
    with stage.theatre.acts(office.room):
        from xieli.office.matters.services import grants

        grants.raise_recusal(matter, stage.theatre.person("yj-clerk"), ground="former_employer", reason="曾在被查单位任职")
    name = stage.one("select name from person where id = %s", stage.theatre.person("yj-clerk"))
    refused = stage.client(office.room).post(f"/m/{to_ref(matter)}/team/join", {"person": name, "slot": "members"})
    assert refused.status_code == 422
    assert "不能参加" in refused.content.decode()
    assert stage.one("select count(*) from team_member m join team t on t.id = m.team_id where t.matter_id = %s", matter) == 0
