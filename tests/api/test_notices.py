"""Being told: on screen always, muted except statutory red; by mail only when asked, counted, and never with a fact of a case."""
from __future__ import annotations

import base64
import email
import json
import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import djangodb
from tests.dbfixtures import clone, drop

SECRETS = ("郭某某", "密语甲子", "丁卯机构", "乙丑标题", "123456200001011234", "〔2026〕7号")


class Sink:
    """A loopback mail server: keeps messages, refuses recipients it is told to, may kill its client instead of answering."""

    def __init__(self) -> None:
        self.mail: list[email.message.Message] = []
        self.refuse = ""
        self.kill_after_data = False
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, text: str) -> None:
                self.wfile.write(text.encode() + b"\r\n")

            def handle(self) -> None:
                self.say("220 sink")
                client = 0
                while line := self.rfile.readline().decode("utf-8", "replace").strip():
                    verb = line.upper()
                    if verb.startswith(("EHLO", "HELO")):
                        client = int(m.group(1)) if (m := re.search(r"pid-(\d+)", line)) else 0
                        self.say("250 sink")
                    elif verb.startswith("RCPT") and outer.refuse and outer.refuse in line:
                        self.say(f"550 no such person {line}")
                    elif verb == "DATA":
                        self.say("354 go on")
                        data = b""
                        while not data.endswith(b"\r\n.\r\n"):
                            data += self.rfile.readline()
                        outer.mail.append(email.message_from_bytes(data[:-5]))
                        if outer.kill_after_data and client:
                            os.kill(client, signal.SIGKILL)
                            return
                        self.say("250 kept")
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 fine")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def desk(pg_cluster):
    """A scratch installation (a demo sends no mail) with the invented province."""
    database = clone(pg_cluster, f"notices_{os.getpid()}")
    djangodb.use(database)
    from xieli.office.demo import world
    from xieli.office.demo.theatre import Theatre

    admin = database.admin()
    theatre = Theatre(world.load(admin), admin)
    theatre.database = database
    theatre.start_at("2026-03-02 09:00")
    yield theatre
    admin.close()
    from django.db import connections

    connections.close_all()
    drop(database)


@pytest.fixture(autouse=True)
def _at_the_desk(desk, sink, monkeypatch) -> None:
    djangodb.use(desk.database)
    monkeypatch.setenv("XIELI_SMTP", f"smtp://127.0.0.1:{sink.port}")
    monkeypatch.setenv("XIELI_MAIL_FROM", "xieli@office.invalid")
    sink.mail.clear()
    sink.refuse, sink.kill_after_data = "", False
    for table in ("mail_out", "notification", "notice_mute", "notice_setting"):
        desk.admin.execute(f"delete from {table}")


def choose(desk, person: str, **more) -> None:
    from xieli.office.notices import services

    with desk.acts(person):
        services.choose(**({"email": f"{person}@office.invalid", "email_on": True, "how": "each", "quiet_from": "20:00", "quiet_to": "08:00", "language": "zh-hans"} | more))


def tell(desk, person: str, kind: str = "reminder", **fields) -> None:
    desk.admin.execute("insert into notification (id, person_id, matter_id, kind, fields, mandatory, at) values (access.new_id(), %s, null, %s, %s, true, access.now())",
                       [desk.world.people[person], kind, json.dumps(fields)])


def red_clock(desk) -> dict:
    """A statutory clock past its end, as the sweeper tells of it."""
    desk.admin.execute("set session_replication_role = replica")
    identity = desk.admin.execute("insert into clock (id, matter_id, rule, rule_on, code, calendar, parameters, statutory, on_expiry, state, started_at, provisional, alarmed_level, stage)"
                                  " values (access.new_id(), 1, 'x', now(), 'x', 'cn-mainland', '{}', true, 'must_release', 'running', now(), false, 0, '') returning id").fetchone()[0]
    desk.admin.execute("set session_replication_role = origin")
    return {"clock": str(identity), "level": 2}


def run(desk) -> int:
    from xieli.office.notices import courier

    djangodb.use(desk.database, "job")
    try:
        return courier.round_once()
    finally:
        djangodb.use(desk.database)


def later(desk, text: str) -> None:
    desk.admin.execute("update access.clock_offset set by = by + %s::interval", [text])


def one(desk, query: str, *values):
    return desk.admin.execute(query, list(values)).fetchone()[0]


def test_mail_is_off_until_a_person_turns_it_on(desk, sink):
    tell(desk, "chief3")
    later(desk, "1 day")
    assert run(desk) == 0
    assert one(desk, "select count(*) from mail_out") == 0
    assert one(desk, "select count(*) from notification where read_at is null") == 1, "on screen it is there"


def test_what_comes_together_goes_together_and_says_only_how_many(desk, sink):
    desk.at("2026-03-10 10:00")
    choose(desk, "chief3")
    for n in range(3):
        tell(desk, "chief3", "handover_returned", name="郭某某", title="乙丑标题", number="〔2026〕7号", n=n)
    assert run(desk) == 0, "a minute is waited"
    later(desk, "2 minutes")
    assert run(desk) == 1
    [mail] = sink.mail
    text = base64.b64decode(mail.get_payload()).decode()
    assert "3 条" in text
    for secret in SECRETS:
        assert secret not in text + str(mail)
    assert mail["Message-ID"].endswith("@office.invalid>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert run(desk) == 0, "once"


def test_the_digest_goes_at_half_past_eight_and_quiet_hours_hold_back(desk, sink):
    desk.at("2026-03-11 16:00")
    choose(desk, "chief3", how="daily")
    tell(desk, "chief3")
    assert str(one(desk, "select next_try at time zone 'Asia/Shanghai' from mail_out")) == "2026-03-12 08:30:00"
    choose(desk, "yj-head", how="each")
    desk.at("2026-03-11 21:00")
    tell(desk, "yj-head")
    assert str(one(desk, "select next_try at time zone 'Asia/Shanghai' from mail_out where person_id = %s", desk.world.people["yj-head"])) == "2026-03-12 08:00:00"


def test_muted_is_kept_read_and_not_mailed_but_statutory_red_is_neither_muted_nor_held_back(desk, sink):
    from xieli.office.notices import services

    desk.at("2026-03-12 22:30")
    choose(desk, "chief3", how="daily")
    with desk.acts("chief3"):
        services.mute("reminder", True)
        services.mute("clock_alarm", True)
    tell(desk, "chief3", "reminder")
    assert one(desk, "select read_at is not null from notification where kind = 'reminder'")
    assert one(desk, "select count(*) from mail_out") == 0
    tell(desk, "chief3", "clock_alarm", clock="1", level=1)
    assert one(desk, "select count(*) from mail_out") == 0, "a warning is muted as asked"
    tell(desk, "chief3", "clock_alarm", **red_clock(desk))
    assert one(desk, "select count(*) from notification where read_at is null") == 1
    assert run(desk) == 1, "at half past ten in the evening"
    assert "法定期限" in str(email.header.make_header(email.header.decode_header(sink.mail[0]["Subject"])))


def test_one_bad_row_stops_no_other_and_is_given_up_in_the_end(desk, sink):
    desk.at("2026-03-16 10:00")
    choose(desk, "chief3")
    choose(desk, "yj-head")
    choose(desk, "yj-clerk")
    sink.refuse = "chief3@"
    desk.admin.execute("update notice_setting set email = 'no address' || chr(10) || 'at all' where person_id = %s", [desk.world.people["yj-head"]])
    for person in ("chief3", "yj-head", "yj-clerk"):
        tell(desk, person)
    later(desk, "2 minutes")
    assert run(desk) == 3
    assert [m["To"] for m in sink.mail] == ["yj-clerk@office.invalid"]
    for _ in range(5):
        later(desk, "8 hours")
        run(desk)
    assert dict(desk.admin.execute("select state, count(*) from mail_out group by 1").fetchall()) == {"sent": 1, "dead": 2}
    errors = str(desk.admin.execute("select last_error from mail_out").fetchall())
    assert "@" not in errors, "no address in what is written down"


def test_a_courier_killed_in_mid_message_sends_again_under_the_same_identity(desk, sink):
    """kill -9 after the server took the message and before it was written down: at least once, recognisable as the same."""
    desk.at("2026-03-19 10:00")
    choose(desk, "chief3")
    tell(desk, "chief3")
    later(desk, "2 minutes")
    sink.kill_after_data = True
    code = ("import os, socket; socket.getfqdn = lambda *a: f'pid-{os.getpid()}.invalid'\nimport django; django.setup()\n"
            "from xieli.office.notices.courier import round_once; round_once()")
    environment = os.environ | desk.database.environment("job") | {"PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"), "XIELI_ROLE": "job"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    sink.kill_after_data = False
    assert run(desk) == 0, "its lease still runs"
    later(desk, "6 minutes")
    assert run(desk) == 1
    assert len(sink.mail) == 2
    assert sink.mail[0]["Message-ID"] == sink.mail[1]["Message-ID"]
    assert run(desk) == 0


def test_who_turned_it_off_since_gets_none(desk, sink):
    desk.at("2026-03-20 10:00")
    choose(desk, "chief3")
    tell(desk, "chief3")
    choose(desk, "chief3", email_on=False)
    later(desk, "2 minutes")
    assert run(desk) == 0
    assert one(desk, "select state from mail_out") == "dropped"


def test_without_a_mail_server_nothing_leaves(desk, monkeypatch):
    monkeypatch.delenv("XIELI_SMTP")
    choose(desk, "chief3")
    tell(desk, "chief3")
    later(desk, "2 days")
    assert run(desk) == 0
    assert one(desk, "select state from mail_out") == "waiting"


def test_no_outbound_text_of_any_kind_carries_a_fact(desk):
    """Every notification kind, in a world of marked secrets, through every way out: mail, telephone, webhook, calendar."""
    from datetime import UTC, date, datetime

    from xieli.faces.web.telling import KINDS
    from xieli.office.clients.courier import payload
    from xieli.office.clients.models import EVENTS
    from xieli.office.notices import courier, services, words
    from xieli.office.notices.calendar import Entry, rendered

    assert set(KINDS) == set(services.KINDS), "a new kind is scanned too"
    desk.at("2026-03-23 10:00")
    choose(desk, "chief3")
    for kind in KINDS:
        tell(desk, "chief3", kind, name="郭某某", note="密语甲子", unit="丁卯机构", title="乙丑标题", id_number="123456200001011234", number="〔2026〕7号")
    row = desk.admin.execute("select id, red, number from mail_out").fetchone()
    assert row[2] == len(KINDS)
    out = []
    for language in ("zh-hans", "en"):
        for red in (False, True):
            out += [str(courier.message(row[0], "a@b.invalid", row[2], red, language, datetime.now(UTC), "x@y.invalid")), words.phone(row[2], red, language), *words.mail(row[2], red, language)]
        out.append(rendered([Entry("u", date(2026, 3, 24), kind) for kind in ("clock", "statutory", "owed")], datetime.now(UTC), language))
    out += [payload(2**61 + 5, kind, datetime.now(UTC)).decode() for kind in EVENTS]
    outside = one(desk, "select string_agg(row_to_json(m)::text, '') from mail_out m") or ""
    for secret in SECRETS:
        assert secret not in "".join(out) + outside
    for text in out:
        assert not re.search(r"\d{15,18}[0-9Xx]", text.replace(str(row[0]), ""))


def test_a_demo_refuses_mail(played):
    from xieli.office.matters.services.errors import Refused
    from xieli.office.notices import services

    djangodb.use(played.database)
    with played.theatre.acts("chief3"), pytest.raises(Refused) as refused:
        services.choose(email="a@b.invalid", email_on=True, how="each", quiet_from="20:00", quiet_to="08:00", language="zh-hans")
    assert refused.value.code == "no_mail"
    page = played.client("chief3").post("/notifications/settings", {"email": "a@b.invalid", "email_on": "1", "how": "each", "quiet_from": "20:00", "quiet_to": "08:00", "language": "zh-hans"})
    assert page.status_code == 422
    assert "a@b.invalid" in page.content.decode(), "what was typed is still there"
