"""No look without a record: whatever page shows a word of a matter, an event of that very request names that matter."""
from __future__ import annotations

import html
from collections import defaultdict
from pathlib import Path

import pytest

import xieli
from tests.faces.web.test_routes import address, present


def known() -> str:
    """The words of playbooks and templates, which a task may be called by: no content of anybody's."""
    return "".join(path.read_text(encoding="utf-8") for path in (Path(xieli.__file__).parent / "content").rglob("*.yaml"))


def words(stage) -> dict[str, set[int]]:
    """What is content, and whose: titles, summaries, subjects, notes, reasons, tasks."""
    found: dict[str, set[int]] = defaultdict(set)
    ours = known()
    for query in ("select title, id from matter", "select summary, id from matter", "select name, matter_id from matter_subject", "select text, matter_id from note", "select reason, matter_id from handover", "select title, matter_id from task"):
        for word, matter in stage.admin.execute(query):
            if word and len(word) >= 4 and matter and word not in ours:
                found[word].add(matter)
    return found


@pytest.mark.parametrize("person", ["wuchuan-handler1", "yj-head", "chief3"])
def test_a_page_that_shows_a_word_of_a_matter_leaves_an_event_that_names_it(stage, person):
    client, content = stage.client(person), words(stage)
    client.raise_request_exception = False
    silent, told = [], 0
    for row in present():
        if row["method"] != "GET":
            continue
        before = stage.one("select coalesce(max(id), 0) from audit.event")
        response = client.get(address(row, stage))
        if response.status_code != 200 or response.streaming or not response.get("Content-Type", "").startswith(("text/html", "application/json")):
            continue
        text = html.unescape(response.content.decode())
        looked = {m for (matters,) in stage.admin.execute("select matters from audit.event where id > %s and person = %s", [before, stage.world.people[person]]) for m in matters}
        missing = []
        for word in sorted(content, key=len, reverse=True):  # the title of a case holds the title of its lead: the longest first
            if word in text:
                told += 1
                text = text.replace(word, "")
                if not content[word] & looked:
                    missing.append(word)
        if missing:
            silent.append((row["name"], missing[:3], len(looked)))
    assert not silent, "\n".join(map(str, silent))
    assert told > 8, "pages with content did open"
