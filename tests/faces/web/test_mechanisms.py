"""The screens of the mechanisms: a village note in one go, light; the board's states computed; a missing quarter named."""
from __future__ import annotations

import gzip
from datetime import date

from xieli.faces.web.pictures.gantt import Bar, draw, slip, state

PLANNED = Bar("进场", date(2026, 3, 10), date(2026, 4, 10), date(2026, 3, 15))
MUCH_LATER = date(2026, 3, 20)


def test_a_project_five_days_late_says_so_and_a_picture_shows_it() -> None:
    assert slip(PLANNED, MUCH_LATER) == 5
    assert slip(Bar("投产", date(2026, 9, 1), date(2026, 9, 2)), MUCH_LATER) == 0
    assert slip(Bar("签约", date(2026, 3, 18), date(2026, 9, 2)), MUCH_LATER) == 2  # not begun yet


def test_thirty_projects_are_one_done_twenty_six_on_time_three_late() -> None:
    on_time = Bar("签约", date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 1))
    made = [state([on_time], True, MUCH_LATER)] + [state([on_time], False, MUCH_LATER)] * 26 + [state([PLANNED], False, MUCH_LATER)] * 3
    assert (made.count("done"), made.count("on_time"), made.count("late")) == (1, 26, 3)


def test_names_are_escaped_and_nothing_gives_no_picture(stage) -> None:
    text = draw([("<b>", [PLANNED])], MUCH_LATER)
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    assert "style=" not in text
    assert draw([], MUCH_LATER) == ""


def test_the_four_screens_open_and_one_without_a_village_finds_nothing(stage) -> None:
    chief = stage.client("chief3")
    for path in ("/remedy", "/checks", "/meetings"):
        for language in ("zh-hans", "en"):
            assert stage.client("chief3", language).get(path).status_code == 200
    assert chief.get("/village").status_code == 404


def test_a_village_note_is_one_post_and_the_first_load_is_light(stage) -> None:
    supervisor = stage.client("fengdeng-supervisor")
    page = supervisor.get("/village")
    assert page.status_code == 200
    assert len(gzip.compress(page.content)) <= 100_000
    before = stage.one("select count(*) from matter where kind = 'village_visit'")
    answer = supervisor.post("/village", {"household": "3组12户", "text": "路灯坏了", "topic": "needs", "class": "note"})
    assert (answer.status_code, answer["Location"]) == (302, "/village")
    assert stage.one("select count(*) from matter where kind = 'village_visit'") == before + 1
    wrong = supervisor.post("/village", {"household": "3组12户", "text": "路灯又坏了", "topic": "needs", "class": "gossip"})
    assert wrong.status_code == 422
    assert "路灯又坏了" in wrong.content.decode()
