"""The desk by plain posts: propose, sign twice, run, look, judge, make a lead; a stranger finds nothing."""
from __future__ import annotations

from typing import Any

import pytest

from tests.office.desk.conftest import Bench
from xieli.office.ids import to_ref


@pytest.fixture(scope="module")
def browse(bench: Bench) -> Any:
    def client(person: str, language: str = "zh-hans") -> Any:
        from django.conf import settings
        from django.db import transaction
        from django.test import Client

        from xieli.server.binding import open_demo_session

        with transaction.atomic():
            token = open_demo_session(bench.stage.person(person))
        made = Client()
        made.cookies[settings.SESSION_COOKIE] = token
        made.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        return made

    return client


def test_from_proposal_to_lead_on_the_screens(bench: Bench, browse: Any) -> None:
    chief, ref = browse(bench.chief), to_ref(bench.lead)
    page = chief.get("/desk").content.decode()
    assert "惠民补贴发放" in page
    assert f"/desk/new/{ref}" in page
    asked = {"model": "deceased_recipient", "bind_payment": "subsidies", "bind_death": "deaths", "instrument_payment": "财函1", "instrument_death": "民函2", "purpose_zh": "核查死后领补",
             "assessment": "PIA-1", "subjects": "990101195001010016", "days": "30", "runs": "2", "reveals": "5"}
    assert chief.post(f"/desk/new/{ref}", {**asked, "assessment": " "}).status_code == 422
    made = chief.post(f"/desk/new/{ref}", asked)
    assert made.status_code == 302, made.content.decode()
    at = made["Location"]
    assert chief.post(f"{at}/sign").status_code == 422
    for person in (bench.head, bench.deputy):
        assert browse(person).post(f"{at}/sign").status_code == 302
    assert chief.post(f"{at}/run", {"model": "deceased_recipient"}).status_code == 302
    page = chief.get(at).content.decode()
    hit = next(part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("/desk/h/"))
    unrevealed = chief.get(hit).content.decode()
    assert not any(number in unrevealed for number in bench.truth["dead"])
    shown = chief.post(f"{hit}/reveal", {"reason": "核实户籍"})
    assert any(number in shown.content.decode() for number in bench.truth["dead"])
    assert shown["Cache-Control"] == "no-store"
    lead = {"title": "死后领补", "name": "李某"}
    assert chief.post(f"{hit}/lead", lead).status_code == 422
    assert chief.post(f"{hit}/judge", {"verdict": "true", "reason": "已入户核实"}).status_code == 302
    gone = chief.post(f"{hit}/lead", lead)
    assert gone.status_code == 302, gone.content.decode()
    assert "死后领补" in chief.get(gone["Location"]).content.decode()
    stranger = browse("yj-analyst")
    assert stranger.get(at).status_code == stranger.get(hit).status_code == 404
    assert stranger.get("/desk").status_code == 200
    assert "Data matching" in browse(bench.chief, "en").get("/desk").content.decode()
