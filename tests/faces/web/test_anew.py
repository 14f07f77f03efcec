"""The reset button at a demo's entrance: it asks, once, only there, only who said that he is sure."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from xieli.server import anew


@pytest.fixture
def place(stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "demo.anew"
    monkeypatch.setenv(anew.VARIABLE, str(file))
    return file


def test_the_button_stands_at_the_entrance_and_asks_once_when_one_is_sure(stage, place):
    client = Client()
    page = client.get("/entrance").content.decode()
    assert 'action="/entrance/anew"' in page
    assert "不能找回" in page
    answer = client.post("/entrance/anew")
    assert answer.status_code == 302
    assert not place.exists(), "an unticked box changes nothing"
    assert "请先勾选" in client.get(answer["Location"].split("#")[0]).content.decode()
    for _ in range(2):
        answer = client.post("/entrance/anew", {"sure": "1"})
        assert answer.status_code == 202
    assert place.exists()
    assert place.read_bytes() == b"", "the wish says nothing but that somebody asked"
    words = answer.content.decode()
    assert 'data-anew="/entrance"' in words
    assert answer.cookies["xieli_tour"].value == ""


def test_a_form_without_its_token_asks_nothing(stage, place):
    assert Client(enforce_csrf_checks=True).post("/entrance/anew", {"sure": "1"}).status_code in (400, 403, 404)
    assert not place.exists()


@pytest.mark.parametrize("how", ["another machine", "no demo", "nobody watches"])
def test_anywhere_else_it_does_not_exist(stage, place, monkeypatch, how):
    from xieli.faces.web.views import entrance

    extra = {}
    if how == "another machine":
        extra = {"REMOTE_ADDR": "192.0.2.7"}
    elif how == "no demo":
        real = entrance.installation()
        monkeypatch.setattr(entrance, "installation", lambda: real | {"mark": "production"})
    else:
        monkeypatch.delenv(anew.VARIABLE)
    answer = Client().post("/entrance/anew", {"sure": "1"}, **extra)
    missing = Client().post("/no-such-address", {"sure": "1"}, **extra)
    assert (answer.status_code, answer.content) == (missing.status_code, missing.content)
    assert not place.exists()
    if how == "nobody watches":
        assert "xieli demo reset" in Client().get("/entrance").content.decode()
        assert anew.VARIABLE not in os.environ
