"""Whatever is typed into whichever field of whichever form: a plain answer, no fault, and text stays text.

Each form is the one its page shows, filled by a person who may use it; each act is undone, so that no form spoils the next.
"""
from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.db import transaction

from tests.faces.web.walking import opened

HTML = "<img src=x onerror=alert(1)>"
HOSTILE = (HTML, "²", "'; drop table matter; --", '=HYPERLINK("http://x")', "\u202e倒写\u2066段\u200b", "\x01\x1b[2J响\x07铃\x7f", "𠮷𬺈䶮" * 20, "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿", "{{ 7|add:7 }}{% now 'Y' %}", "%s%n%(x)s\\", "９９９９-１３-４５", "-1e308", "ａ" * 9000)
LEAVE = {"csrfmiddlewaretoken"}


class Forms(HTMLParser):
    """The forms of a page: where they go, the fields they carry."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.found, self.form, self.select, self.area = path, [], None, "", ""

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "form" and (a.get("method") or "").lower() == "post":
            self.form = {"action": a.get("action") or self.path, "fields": []}
            self.found.append(self.form)
        elif self.form is not None and tag in ("input", "button") and a.get("name") and a.get("name") not in LEAVE:
            self.form["fields"].append((a["name"], a.get("type") or "text", a.get("value") or ""))
        elif self.form is not None and tag == "textarea" and a.get("name"):
            self.form["fields"].append((a["name"], "text", ""))
        elif self.form is not None and tag == "select" and a.get("name"):
            self.select = a["name"]
            self.form["fields"].append((a["name"], "select", ""))
        elif self.select and tag == "option" and a.get("value") and not self.form["fields"][-1][2]:
            self.form["fields"][-1] = (self.select, "select", a["value"])

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""


def forms(stage) -> list[tuple[str, str, tuple[tuple[str, str, str], ...]]]:
    """(person, where to, fields): one of each kind, told apart by the shape of its address and its fields."""
    seen, found = set(), []
    for person, path, page in opened(stage):
        parser = Forms(path)
        parser.feed(page)
        for form in parser.found:
            action = form["action"] if form["action"].startswith("/") else path.split("?")[0] + form["action"]
            shape = ("/".join(p if not (len(p) == 13 and p.isalnum()) and not p.isdigit() else "*" for p in action.split("?")[0].split("/")), tuple(sorted({f[0] for f in form["fields"]})))
            if action.startswith(("/entrance", "/language", "/theme", "/tour")) or shape in seen:
                continue
            seen.add(shape)
            found.append((person, action, tuple(form["fields"])))
    return found


def filled(fields, turn: int, also_choices: bool) -> dict[str, str]:
    out = {}
    for n, (name, kind, value) in enumerate(fields):
        if kind in ("hidden", "select", "radio", "checkbox", "submit") and not also_choices:
            out[name] = value
        elif kind != "file":
            out[name] = HOSTILE[(n + turn) % len(HOSTILE)]
    return out


def undone(act):
    """Do it as the web process does, then leave no trace of it."""
    with transaction.atomic():
        answer = act()
        transaction.set_rollback(True)
    return answer


@pytest.fixture
def listed(stage):
    found = getattr(stage, "_forms", None)
    if found is None:
        found = stage._forms = forms(stage)
    return found


def test_every_field_of_every_form_takes_any_text_without_a_fault(stage, listed):
    """Thirteen kinds of text in turn through every field; choices and hidden fields are tampered with in the second round."""
    assert len(listed) >= 50, len(listed)
    wrong, clients = [], {}
    for person, action, fields in listed:
        client = clients.setdefault(person, stage.client(person))
        client.raise_request_exception = False
        for turn in (0, 6):
            for also_choices in (False, True):
                if also_choices and turn:
                    continue
                data = filled(fields, turn, also_choices)
                answer = undone(lambda client=client, action=action, data=data: client.post(action, data))
                if answer.status_code >= 500:
                    wrong.append(f"{action} {turn} {also_choices}: {answer.status_code} {sorted(data)}")
                elif "text/html" in answer.headers.get("Content-Type", "") and HTML in answer.content.decode():
                    wrong.append(f"{action} {turn}: html came back as html")
    assert not wrong, "\n".join(wrong)


def test_ten_megabytes_are_refused_in_plain_words(stage, listed):
    body, wrong, clients = b"text=" + b"a" * 10_000_000, [], {}
    for person, action, _fields in listed[::3]:
        client = clients.setdefault(person, stage.client(person))
        answer = undone(lambda client=client, action=action: client.post(action, body, content_type="application/x-www-form-urlencoded"))
        if answer.status_code != 422 or "没有保存" not in answer.content.decode():
            wrong.append(f"{action}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("body", [b"text=%ff%fe%80", b"text=\xff\xfe", "text=段".encode("gb18030"), "text=段".encode("utf-16"), b"text=%00", b"=&&&=%", b""], ids=["broken utf-8", "raw bytes", "gb18030", "utf-16", "nul", "nothing named", "empty"])
def test_odd_encodings_are_no_fault(stage, listed, body):
    wrong = []
    for person, action, _fields in listed[::4]:
        client = stage.client(person)
        client.raise_request_exception = False
        answer = undone(lambda client=client, action=action: client.post(action, body, content_type="application/x-www-form-urlencoded"))
        if answer.status_code >= 500:
            wrong.append(f"{action}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_form_whose_session_ended_gives_every_word_back(stage, listed):
    """Each form of the desk: nothing is done, and what was typed stands on the page that asks to sign in again."""
    from django.test import Client

    nobody, wrong = Client(), []
    for _person, action, fields in listed:
        data = {name: f"写到一半·{name}" for name, kind, _value in fields if kind in ("text", "search")}
        if not data:
            continue
        answer = nobody.post(action, data)
        page = answer.content.decode()
        if answer.status_code != 403 or not all(word in page for word in data.values()):
            wrong.append(f"{action}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
