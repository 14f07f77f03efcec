"""A matter's files on the screen: dropped or posted, kept or refused in words, handed out only as a file to be saved."""
from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.7\nbank statement\n"


@pytest.fixture(autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "FILES", tmp_path_factory.getbasetemp() / "screen-files")


def handler(stage: Any) -> Any:
    return stage.client("wuchuan-handler1")


def address(stage: Any, rest: str = "") -> str:
    return f"/m/{stage.ref('case')}/files{rest}"


def send(stage: Any, *files: SimpleUploadedFile, client: Any = None, **fields: str) -> Any:
    return (client or handler(stage)).post(address(stage, "/add"), {"file": list(files), **fields})


def test_two_files_are_taken_in_at_once_and_shown_with_their_custody(stage: Any) -> None:
    answer = send(stage, SimpleUploadedFile("流水一.pdf", PDF + b"1"), SimpleUploadedFile("流水二.pdf", PDF + b"2"), from_whom="某银行")
    assert answer.status_code == 302
    page = handler(stage).get(address(stage)).content.decode()
    assert all(word in page for word in ("流水一.pdf", "流水二.pdf", "某银行", "收到"))
    assert "流水一.pdf" in handler(stage).get(f"/m/{stage.ref('case')}").content.decode(), "the matter's own page lists it"


def test_who_may_not_take_files_in_is_told_who_does(stage: Any) -> None:
    from xieli.office.matters.services import grants

    with stage.theatre.acts("wuchuan-handler1"):
        grants.give(stage.made["case"], stage.theatre.person("yj-deputy"), kind="reviewer", acts=["read"], ends_at=None, basis="复核", reason="")
    page = stage.client("yj-deputy").get(address(stage)).content.decode()
    assert 'type="file"' not in page
    assert "接收材料的是办理本事项的人" in page
    assert "接收材料的是办理本事项的人" not in handler(stage).get(address(stage)).content.decode()


def test_what_is_refused_says_why_and_keeps_the_others(stage: Any) -> None:
    answer = send(stage, SimpleUploadedFile("空.pdf", b""), SimpleUploadedFile("流水三.pdf", PDF + b"3"), from_whom="证人某")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "0 字节" in page
    assert "流水三.pdf" in page
    assert 'value="证人某"' in page, "what was typed stays"


def test_an_upload_stops_at_the_limit(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "FILE_LARGEST", 2**20)
    answer = send(stage, SimpleUploadedFile("大.bin", b"x" * (3 * 2**20)))
    assert answer.status_code == 422
    assert "1 MB" in answer.content.decode()
    assert not stage.one("select count(*) from stored_file where name = '大.bin'")


@pytest.mark.parametrize(("name", "content"), [("\u202egpj.exe", b"MZ\x90program"), ("报告.html", b"<html><script>alert(1)</script>"), ('a"\r\nX-Evil: 1.pdf', PDF + b"evil")])
def test_a_download_is_saved_under_a_harmless_name_and_never_run(stage: Any, name: str, content: bytes) -> None:
    assert send(stage, SimpleUploadedFile(name, content)).status_code == 302
    page = handler(stage).get(address(stage)).content.decode()
    take = re.findall(r'action="(/m/[^"]+/files/[^"]+/take)"', page)[0]
    assert handler(stage).post(take, {}).status_code == 422, "no purpose, no file"
    answer = handler(stage).post(take, {"purpose": "handling"})
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "text/html" not in answer["Content-Type"]
    assert "X-Evil" not in answer.headers
    assert "\u202e" not in page


def test_custody_and_verdict_by_plain_post(stage: Any) -> None:
    send(stage, SimpleUploadedFile("合同.pdf", PDF + b"contract"))
    page = handler(stage).get(address(stage)).content.decode()
    file = re.findall(r'action="/m/[^"]+/files/([^"/]+)/take"', page)[0]
    assert "须写明接收人" in handler(stage).post(address(stage, f"/{file}/custody"), {"kind": "moved"}).content.decode()
    assert handler(stage).post(address(stage, f"/{file}/custody"), {"kind": "moved", "to_whom": "保管室"}).status_code == 302
    assert "须写明理由" in handler(stage).post(address(stage, f"/{file}/judge"), {"verdict": "forged"}).content.decode()
    assert handler(stage).post(address(stage, f"/{file}/judge"), {"verdict": "forged", "reason": "公章不符"}).status_code == 302
    english = stage.client("wuchuan-handler1", "en").get(address(stage)).content.decode()
    assert all(word in english for word in ("forged", "moved", "保管室", "Custody log"))


def test_a_stranger_finds_no_files_page_and_adds_nothing(stage: Any) -> None:
    stranger = stage.client("wuchuan-kin")
    ghost = stranger.get("/m/0000000000000").content
    assert stranger.get(address(stage)).content == ghost
    answer = send(stage, SimpleUploadedFile("x.pdf", PDF), client=stranger)
    assert (answer.status_code, answer.content) == (404, ghost)
