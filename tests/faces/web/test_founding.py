"""Founding a group and a series on the screen: what is missing is said, what is wrong is refused in words, nobody founds for another body."""
from __future__ import annotations

from tests.faces.web.conftest import Stage

GROUP = {"template": "1+N+N", "code": "z-unit", "zh": "忠岳统筹单元", "en": "Zhongyue unit", "basis": "演示", "starts": "2026-03-17"}
SERIES = {"code": "z-week", "zh": "忠岳周会商", "en": "Weekly consultation", "every": "week", "kind": "regular", "starts": "2026-03-17"}


def kept(stage: Stage, table: str, code: str, column: str = "valid_to") -> list[object]:
    """The rows of a code, as the installer sees them."""
    return [row[0] for row in stage.admin.execute(f"select {column} from {table} where code = %s", [code]).fetchall()]


def told(stage: Stage, who: str, path: str, data: dict[str, object], language: str = "zh-hans") -> str:
    return str(stage.client(who, language).post(path, data, follow=True).content.decode())


def test_a_group_is_founded_seated_until_nothing_is_missing_and_ended(stage: Stage) -> None:
    head = stage.theatre.holder("head@zhongyue")
    body, office = stage.world.bodies["zhongyue"], stage.world.offices["room_head@zhongyue/supervision1"]
    assert "不晚于起期" in told(stage, head, "/founding/group", {**GROUP, "body": body, "ends": "2026-03-01"})
    assert "中英文名称" in told(stage, head, "/founding/group", {**GROUP, "body": body, "en": ""})
    page = told(stage, head, "/founding/group", {**GROUP, "body": body})
    assert "忠岳统筹单元" in page
    assert "席位齐全" not in page
    assert "已有同名协作组" in told(stage, head, "/founding/group", {**GROUP, "body": body})
    assert "须由职务担任" in told(stage, head, "/founding/group/z-unit/seat", {"slot": "room", "body": body})
    told(stage, head, "/founding/group/z-unit/seat", {"slot": "room", "office": office})
    told(stage, head, "/founding/group/z-unit/seat", {"slot": "units", "body": stage.world.bodies["du-finance"]})
    assert "席位齐全" in told(stage, head, "/founding/group/z-unit/seat", {"slot": "towns", "body": stage.world.bodies["wenshan"]})
    other = stage.theatre.holder("head@wuchuan")  # neither founds for another body nor seats its group
    told(stage, other, "/founding/group", {**GROUP, "code": "stolen", "body": body})
    told(stage, other, "/founding/group/z-unit/end", {"last_day": "2026-03-31"})
    assert kept(stage, "cooperation_group", "stolen") == []
    assert kept(stage, "cooperation_group", "z-unit") == [None]
    assert "请填结束日期" in told(stage, head, "/founding/group/z-unit/end", {})
    told(stage, head, "/founding/group/z-unit/end", {"last_day": "2026-12-31"})
    assert kept(stage, "cooperation_group", "z-unit") != [None]


def test_a_series_needs_somebody_who_convenes_and_ends_on_a_day(stage: Stage) -> None:
    head, body = stage.theatre.holder("head@zhongyue"), stage.world.bodies["zhongyue"]
    assert "轮流召集" in told(stage, head, "/founding/series", {**SERIES, "body": body, "sides": [body]})
    assert "选择开会的周期" in told(stage, head, "/founding/series", {**SERIES, "body": body, "every": "never"})
    told(stage, head, "/founding/series", {**SERIES, "body": body, "sides": [body, stage.world.bodies["wenshan"]], "in_turn": "1"})
    (made,) = kept(stage, "meeting_series", "z-week", "id")
    assert [row[0] for row in stage.admin.execute("select convenes from series_side where series_id = %s", [made]).fetchall()] == [True, True]
    assert "早于开始日" in told(stage, head, "/founding/series/z-week/end", {"last_day": "2026-03-01"})
    told(stage, head, "/founding/series/z-week/end", {"last_day": "2026-06-30"})
    assert kept(stage, "meeting_series", "z-week") != [None]
    english = stage.client(head, "en").get("/founding").content.decode()
    assert "Found a meeting series" in english
    assert "weekly" in english
