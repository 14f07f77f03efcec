"""Webhooks: what is told, to whom, signed how, tried how often; and the doors that stay shut."""
from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from xieli.office.clients import courier, hosts


class Receiver:
    """A loopback receiver that keeps what it was sent and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                status = outer.answers.pop(0) if outer.answers else 204
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def hook(stage, receiver):
    """A webhook of the district of the story, to the loopback receiver, which the administrator stated as private."""
    from xieli.office.clients import services

    with stage.theatre.acts("sysadmin"):
        host = services.allow_host("localhost", receiver.port, private=True, note="内网网关")
    with stage.theatre.acts("secadmin"):
        identity, secret = services.subscribe(stage.world.bodies["wuchuan"], "台账网关", f"http://localhost:{receiver.port}/in", ["handover.arrived", "handover.returned"])
    yield identity, secret
    with stage.theatre.acts("secadmin"):
        services.unsubscribe(identity)
    with stage.theatre.acts("sysadmin"):
        services.end_host(host)


def as_job(stage, work):
    """The courier's round, as the job role."""
    from tests import djangodb

    djangodb.use(stage.database, "job")
    try:
        return work()
    finally:
        djangodb.use(stage.database)


def hand_over(stage, program, **more):
    chief = program("chief3")
    ref = chief.post("/matters", {"kind": "lead", "title": "机密词甲乙丙", "owner_body": "yj", "subjects": [{"name": "丁戊己"}], "summary": "壬癸"} | more).json()["ref"]
    answer = chief.post(f"/matters/{ref}/handovers", {"receiver": "wuchuan", "reason": "管辖理由子丑"})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_an_arrival_is_told_once_signed_and_without_any_fact(stage, program, receiver, hook):
    parcel = hand_over(stage, program)
    assert as_job(stage, courier.round_once) == 1
    headers, body = receiver.got[0]
    told = json.loads(body)
    assert set(told) == {"id", "kind", "at", "ref"}
    assert told["kind"] == "handover.arrived"
    for secret in ("机密词", "丁戊己", "壬癸", "子丑", parcel["ref"], parcel["matter"], parcel["receipt_no"], "wuchuan"):
        assert secret not in body.decode() + str(headers)
    stamp, *signs = headers["Xieli-Signature"].split(",")
    wanted = hmac.new(hook[1].encode(), stamp.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest()
    assert signs == [f"v1={wanted}"]
    # its receiver asks the API, under its own need-to-know
    told_to = stage.one("select person_id from notification where kind = 'handover_arrived' order by at desc limit 1")
    of_the_case = program(next(code for code, identity in stage.world.people.items() if identity == told_to))
    known = of_the_case.get(told["ref"].removeprefix("/api/v1"))
    assert known.status_code == 200, known.content
    assert known.json()["handover"] == parcel["ref"]
    assert program("fire-officer").get(told["ref"].removeprefix("/api/v1")).status_code == 404
    assert as_job(stage, courier.round_once) == 0, "told once"


def test_a_restricted_matter_tells_nothing_at_all(stage, program, receiver, hook):
    from xieli.office.access import services as access
    from xieli.office.ids import from_ref

    chief = program("chief3")
    ref = chief.post("/matters", {"kind": "lead", "title": "x", "owner_body": "yj", "subjects": [{"name": "不详"}]}).json()["ref"]
    with stage.theatre.acts("chief3"):
        access.set_level(from_ref(ref), 3, "依据")
    assert chief.post(f"/matters/{ref}/handovers", {"receiver": "wuchuan", "reason": "管辖理由"}).status_code == 201
    assert as_job(stage, courier.round_once) == 0
    assert receiver.got == []


def test_a_receiver_that_fails_is_tried_with_growing_pauses_and_then_is_a_dead_letter(stage, program, receiver, hook):
    from xieli.office.clients import services
    from xieli.office.clients.models import WebhookDelivery

    hand_over(stage, program)
    receiver.answers = [500, 302, 404, 500, 500, 500, 500, 500]
    pauses = []
    for _ in range(8):
        assert as_job(stage, courier.round_once) == 1
        assert as_job(stage, courier.round_once) == 0, "not before its time"
        pauses.append(stage.one("select extract(epoch from next_try - access.now())::int from webhook_delivery where webhook_id = %s", hook[0]))
        stage.admin.execute("update webhook_delivery set next_try = access.now() where webhook_id = %s and state = 'waiting'", [hook[0]])
    assert pauses[:7] == sorted(pauses[:7])
    assert pauses[0] >= 25
    assert len(receiver.got) == 8, "no redirect was followed"
    assert len({headers["Xieli-Event"] for headers, _ in receiver.got}) == 1, "one event, one identity"
    with stage.theatre.acts("secadmin"):
        dead = WebhookDelivery.objects.get(webhook_id=hook[0])
        assert (dead.state, dead.attempts) == ("dead", 8)
        services.resend(dead.id)
    assert as_job(stage, courier.round_once) == 1
    assert stage.one("select state from webhook_delivery where webhook_id = %s", hook[0]) == "sent"


def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(stage, program, receiver, hook):
    from xieli.office.clients import services

    with stage.theatre.acts("secadmin"):
        fresh = services.rotate(hook[0])
    assert fresh != hook[1]
    hand_over(stage, program)
    as_job(stage, courier.round_once)
    headers, body = receiver.got[-1]
    stamp, *signs = headers["Xieli-Signature"].split(",")
    assert signs == ["v1=" + hmac.new(s.encode(), stamp.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest() for s in (fresh, hook[1])]
    stage.admin.execute("update webhook set rotated_at = rotated_at - interval '25 hours' where id = %s", [hook[0]])
    hand_over(stage, program)
    as_job(stage, courier.round_once)
    assert receiver.got[-1][0]["Xieli-Signature"].count("v1=") == 1


def test_a_killed_courier_s_delivery_comes_back_when_its_lease_ends(stage, program, receiver, hook):
    hand_over(stage, program)

    def claim() -> int:
        from django.db import connection, transaction

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select count(*) from access.take_deliveries(20)")
            return cursor.fetchone()[0]

    assert as_job(stage, claim) == 1  # and then the process dies
    assert as_job(stage, courier.round_once) == 0
    stage.admin.execute("update webhook_delivery set next_try = access.now() - interval '1 second' where webhook_id = %s and state = 'waiting'", [hook[0]])
    assert as_job(stage, courier.round_once) == 1
    assert len(receiver.got) == 1


def test_a_host_that_is_allowed_no_longer_gets_nothing(stage, program, receiver, hook):
    hand_over(stage, program)
    stage.admin.execute("update webhook_host set ended_at = access.now() where port = %s", [receiver.port])
    as_job(stage, courier.round_once)
    assert receiver.got == []
    assert "not allowed" in stage.one("select last_error from webhook_delivery where webhook_id = %s", hook[0])


@pytest.mark.parametrize("url", ["http://user@host/", "ftp://host/", "https://host/#x", "https://ho st/", "https://", "//host/", "https://host:0x50/", "https://host\\@evil/", "https://主机/", "https://host:99999/", "javascript:1", "https://[fe80::1%25eth0]/"])
def test_an_address_that_is_none_is_refused(url):
    from xieli.office.matters.services.errors import Refused

    with pytest.raises(Refused):
        hosts.target_of(url)


@pytest.mark.parametrize("number", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0", "::ffff:127.0.0.1", "100.64.0.1", "224.0.0.1"])
def test_a_name_that_resolves_inside_is_not_reached_unless_stated(number, monkeypatch):
    monkeypatch.setattr(hosts.socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", (number, 443))])
    with pytest.raises(hosts.Forbidden):
        hosts.addresses(hosts.Target("https", "example.org", 443, "/"), private=False)
    if number in ("169.254.169.254", "0.0.0.0", "224.0.0.1"):
        with pytest.raises(hosts.Forbidden):
            hosts.addresses(hosts.Target("https", "example.org", 443, "/"), private=True)


def test_what_was_resolved_is_what_is_connected_to(monkeypatch, receiver):
    """A name that changes between the check and the connection leads nowhere: it is asked once."""
    asked = []

    def resolve(host: str, port: int, **k: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    target = hosts.Target("http", "gateway.example", receiver.port, "/in")
    with monkeypatch.context() as patch:
        patch.setattr(hosts.socket, "getaddrinfo", resolve)
        numbers = hosts.addresses(target, private=True)
    assert courier.post(target, numbers, b"{}", {"Content-Type": "application/json"}) == 204
    assert asked == ["gateway.example"]
    assert receiver.got[0][0]["Host"] == f"gateway.example:{receiver.port}"


def test_hosts_are_the_system_administrator_s_and_webhooks_the_security_administrator_s(stage):
    from xieli.office.clients import services
    from xieli.office.matters.services.errors import NotVisible, Refused

    body = stage.world.bodies["wuchuan"]
    for person in ("secadmin", "chief3", "yj-head"):
        with stage.theatre.acts(person), pytest.raises(NotVisible):
            services.allow_host("example.org")
    for person in ("sysadmin", "chief3", "yj-head"):
        with stage.theatre.acts(person), pytest.raises((NotVisible, Refused)):
            services.subscribe(body, "x", "https://example.org/x", ["clock.alarm"])
    with stage.theatre.acts("secadmin"), pytest.raises(Refused) as refused:
        services.subscribe(body, "x", "https://example.org/x", ["clock.alarm"])
    assert refused.value.code == "host_not_allowed"
