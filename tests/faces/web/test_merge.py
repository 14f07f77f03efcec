"""The merger's wizard: preview, ask with a document, confirm as the head above; by plain forms, in both languages."""
from __future__ import annotations

import re
from typing import Any


def test_a_merger_is_previewed_asked_for_and_confirmed_by_another(stage: Any) -> None:
    asker = stage.client("sysadmin")
    page = asker.get("/bodies/merge?from=shiba&into=jiuqu").content.decode()
    assert "提请合并" in page
    assert "提请合并" not in stage.client("chief3").get("/bodies/merge?from=shiba&into=jiuqu").content.decode()
    wrong = asker.post("/bodies/merge/ask", {"old": "shiba", "heir": "jiuqu", "document_no": ""})
    assert wrong.status_code == 422
    assert "批准文号" in wrong.content.decode()
    assert asker.post("/bodies/merge/ask", {"old": "shiba", "heir": "jiuqu", "document_no": "渝编〔2026〕3号"}).status_code == 302
    assert "待上级确认" in asker.get("/bodies/merge").content.decode()
    head = stage.client("yj-head", "en").get("/bodies/merge").content.decode()
    assert "Confirm the merger" in head
    decide = re.findall(r'action="(/bodies/merge/[^"]+/decide)"', head)[0]
    assert asker.post(decide, {"verdict": "agree"}).status_code == 404
    assert stage.client("yj-head").post(decide, {"verdict": "agree"}).status_code == 302
    assert "已合并" in asker.get("/bodies/merge").content.decode()
    assert stage.one("select successor_id from body where code = 'shiba'") == stage.world.bodies["jiuqu"]
