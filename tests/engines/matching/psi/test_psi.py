"""Matching without pooling: what each side learns, and what each side refuses."""
from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from xieli.engines.matching.psi import group, protocol
from xieli.engines.matching.psi.protocol import Policy, Refused
from xieli.engines.matching.psi.worker import run_apart, step

TODAY = date(2026, 3, 2)
APPROVER, OWNER = Ed25519PrivateKey.from_private_bytes(b"a" * 32), Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def public(key):
    return key.public_key().public_bytes_raw().hex()


def policy(**changes):
    return Policy(**({"owner": "civil_affairs", "approvers": (public(APPROVER),), "cap_per_request": 10, "cap_per_authorization": 15} | changes))


def signed(items, authorization="A-1", expires=TODAY):
    message, secret = protocol.request(items, authorization, "check", expires)
    return protocol.approve(message, items, secret, APPROVER), secret


def run(mine, theirs, **changes):
    message, secret = signed(mine)
    response, _ = protocol.respond(message, theirs, policy(**changes), [], OWNER, TODAY)
    return protocol.finish(message, response, mine, secret, public(OWNER)), response


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.lists(st.integers(0, 30), max_size=12))
@settings(max_examples=15, deadline=None)
def test_the_client_learns_exactly_its_items_that_the_owner_holds(a, b):
    mine, theirs = [f"9901{i:04d}" for i in a], [f"9901{i:04d}" for i in b]
    hits, _ = run(mine, theirs)
    assert hits == [x for x in dict.fromkeys(mine) if x in set(theirs)]


def test_spelling_does_not_hide_a_hit():
    assert run(["99010119800101123x"], ["９９０１０１ 19800101123X"])[0] == ["99010119800101123X"]


def test_two_sessions_over_the_same_lists_share_no_point():
    first, second = run(["1", "2"], ["2", "3"])[1], run(["1", "2"], ["2", "3"])[1]
    assert not set(first["points"]) & set(second["points"])
    assert not set(first["doubled"]) & set(second["doubled"])


def test_the_owners_rows_come_sorted_so_that_their_order_says_nothing_and_padding_hides_their_number():
    _, response = run(["1"], [str(i) for i in range(7)], pad_to=10)
    assert len(response["points"]) == response["owner_count"] == 10
    raw = [protocol._unpack([p])[0] for p in response["points"]]
    assert raw == sorted(raw)


def test_multiplication_commutes_and_every_point_is_on_the_curve():
    a, b = group.new_secret(), group.new_secret()
    points = [group.hash_to_point(str(i), b"s" * 16) for i in range(20)]
    assert group.multiply(a, group.multiply(b, points)) == group.multiply(b, group.multiply(a, points))
    group.check_points(points)
    group.check_points(group.multiply(a, points))


def test_points_of_small_order_of_the_twist_or_of_wrong_length_are_refused():
    with pytest.raises(ValueError):
        group.multiply(group.new_secret(), [bytes(32)])
    with pytest.raises(ValueError, match="not a point"):
        group.multiply(group.new_secret(), [b"short"])
    u = next(i for i in range(2, 50) if not group.on_curve(i))
    with pytest.raises(ValueError, match="not a point"):
        group.check_points([u.to_bytes(32, "little")])


def test_the_base_point_of_rfc_7748_is_on_the_curve():
    assert group.on_curve(9)


def test_an_approver_signs_only_the_list_that_he_read():
    message, secret = protocol.request(["1", "2"], "A-1", "check", TODAY)
    with pytest.raises(Refused, match="does not belong to this list"):
        protocol.approve(message, ["1", "3"], secret, APPROVER)


def refuse(message, answered=(), today=TODAY, **changes):
    with pytest.raises(Refused) as caught:
        protocol.respond(message, ["1"], policy(**changes), list(answered), OWNER, today)
    return str(caught.value)


def test_an_owner_refuses_what_is_not_approved_expired_changed_repeated_or_too_much():
    message, _ = signed(["1", "2"])
    stranger = Ed25519PrivateKey.generate()
    assert "approver" in refuse(message, approvers=(public(stranger),))
    assert "expired" in refuse(message, today=TODAY + timedelta(days=1))
    assert "signature" in refuse(message | {"purpose": "something else"})
    assert "signature" in refuse(message | {"points": message["points"][::-1]})
    assert "at most 1" in refuse(message, cap_per_request=1)
    line = {"session": message["session"], "authorization": "A-1", "count": 2}
    assert "before" in refuse(message, answered=[line])
    other = {"session": "00", "authorization": "A-1", "count": 14}
    assert "1 items left" in refuse(message, answered=[other])
    assert "protocol" in refuse(message | {"kind": "response"})


def test_a_client_cannot_probe_by_asking_again_and_again():
    answered, asked = [], 0
    for start in range(0, 100, 5):
        message, _ = signed([str(i) for i in range(start, start + 5)])
        try:
            _, line = protocol.respond(message, ["1"], policy(), answered, OWNER, TODAY)
        except Refused:
            break
        answered.append(line)
        asked += 5
    assert asked == 15


def test_a_list_is_neither_empty_nor_endless():
    for items in ([], ["", " "], [str(i) for i in range(protocol.MOST_ITEMS + 1)]):
        with pytest.raises(Refused, match="items"):
            protocol.request(items, "A-1", "check", TODAY)


def test_a_client_trusts_only_the_owners_answer_to_this_request():
    message, secret = signed(["1", "2"])
    other, _ = signed(["1", "2"])
    response, _ = protocol.respond(message, ["2"], policy(), [], OWNER, TODAY)
    for wrong in (response | {"signer": public(APPROVER)}, response | {"owner_count": 99}):
        with pytest.raises(Refused, match="sign"):
            protocol.finish(message, wrong, ["1", "2"], secret, public(OWNER))
    with pytest.raises(Refused, match="not the answer"):
        protocol.finish(other, response, ["1", "2"], secret, public(OWNER))


def test_messages_show_no_identifier():
    mine, theirs = ["990101198001011234"], ["990101198001011234", "990101197001011239"]
    message, _ = signed(mine)
    response, _ = protocol.respond(message, theirs, policy(), [], OWNER, TODAY)
    text = json.dumps([message, response])
    assert not any(x in text for x in mine + theirs)


def test_a_step_in_a_process_of_its_own_gives_the_same_and_passes_refusals_on(tmp_path):
    items = ["1", "2"]
    made = run_apart({"step": "request", "items": items, "authorization": "A-1", "purpose": "check", "expires": TODAY.isoformat()}, str(tmp_path))
    approved = run_apart({"step": "approve", "message": made["message"], "items": items, "secret": made["secret"], "key": APPROVER.private_bytes_raw().hex()}, str(tmp_path))
    job = {
        "step": "respond", "message": approved["message"], "items": ["2"], "answered": [], "key": OWNER.private_bytes_raw().hex(), "today": TODAY.isoformat(),
        "policy": {"owner": "o", "approvers": [public(APPROVER)], "cap_per_request": 5, "cap_per_authorization": 5, "pad_to": 1},
    }  # fmt: skip
    answer = run_apart(job, str(tmp_path))
    done = step({"step": "finish", "request": approved["message"], "response": answer["message"], "items": items, "secret": made["secret"], "owner_key": public(OWNER)})
    assert done["hits"] == ["2"]
    with pytest.raises(Refused, match="expired"):
        run_apart(job | {"today": "2030-01-01"}, str(tmp_path))
    assert list(tmp_path.iterdir()) == []
