"""The desk by plain posts: propose, sign twice, run, look, judge, make a lead; a stranger finds nothing."""
from __future__ import annotations

import re
from typing import Any

import pytest

from tests.office.desk.conftest import Bench
from xieli.office.desk import runs
from xieli.office.desk.models import Run
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


def worked(bench: Bench) -> None:
    """The worker does what is queued."""
    with bench.stage.acts(bench.chief):
        waiting = list(Run.objects.filter(state="queued").values_list("id", flat=True))
    with bench.working():
        for run in waiting:
            runs.work(run)


def main(page: str) -> str:
    return page.split("<main", 1)[1].split("</main", 1)[0]


def test_kinship_is_offered_only_where_a_person_and_his_relative_each_have_a_column_and_one_set_has_one_instrument(bench: Bench, browse: Any) -> None:
    chief, ref = browse(bench.chief), to_ref(bench.lead)
    page = chief.get(f"/desk/new/{ref}", {"model": "approver_kin"}).content.decode()
    offered = page.split('name="bind_kin"')[1].split("</select>")[0]
    assert 'value="kin"' in offered
    assert 'value="applicants"' not in offered, "one column cannot be both a person and his relative"
    assert re.search(r'<option value="kin"[^>]* selected>', offered), "the set whose columns bear the names is chosen before anybody chooses"
    twice = chief.get(f"/desk/new/{ref}", {"model": "approver_kin", "bind_approval": "approvals", "bind_applicant": "approvals", "bind_kin": "kin"}).content.decode()
    assert twice.count('name="instrument_') == 2


def test_a_model_that_no_data_set_fits_says_so_and_offers_no_way_on(bench: Bench, browse: Any) -> None:
    page = main(browse(bench.chief).get(f"/desk/new/{to_ref(bench.lead)}", {"model": "undeclared_assets"}).content.decode())
    assert "✕ 目录里没有具备所需字段的数据集" in page
    assert "这个模型在这里不能运行" in page
    assert "用这些数据集" not in page


def test_from_proposal_to_lead_on_the_screens(bench: Bench, browse: Any) -> None:
    chief, ref = browse(bench.chief), to_ref(bench.lead)
    page = chief.get("/desk").content.decode()
    assert "惠民补贴发放" in page
    # one field to search in, not a row of every matter there is; a lead not yet under verification is not offered
    assert f'<option value="{ref}" data-keys="' in page
    assert to_ref(bench.early) not in page
    assert chief.get("/desk", {"propose": ref})["Location"] == f"/desk/new/{ref}"
    for nowhere in ("../x/y", "a/b", "\x00", "0000000000000", "x" * 500):
        assert chief.get("/desk", {"propose": nowhere}).status_code in (400, 404), nowhere
    page = chief.get(f"/desk/new/{ref}", {"model": "deceased_recipient"}).content.decode()
    assert '<label for="bind_payment">发放记录</label>' in page
    offered = page.split('name="bind_payment"')[1].split("</select>")[0]
    assert 'value="subsidies"' in offered
    assert 'value="deaths"' not in offered, "a register without amounts cannot be the payments"
    chosen = {"model": "deceased_recipient", "bind_payment": "subsidies", "bind_death": "deaths"}
    page = chief.get(f"/desk/new/{ref}", chosen).content.decode()
    assert 'name="col.payment.person"' in page
    assert '<span>死亡登记 · 死亡日期</span>' in page
    assert "发放日期 (" in page
    asked = {**chosen, "instrument_payment": "财函1", "instrument_death": "民函2", "purpose_zh": "核查死后领补",
             "assessment": "PIA-1", "subjects": " ".join(bench.truth["dead"]), "days": "30", "runs": "2", "reveals": "5"}
    assert chief.post(f"/desk/new/{ref}", {**asked, "assessment": " "}).status_code == 422
    made = chief.post(f"/desk/new/{ref}", asked)
    assert made.status_code == 302, made.content.decode()
    at = made["Location"]
    assert chief.post(f"{at}/sign").status_code == 422
    for person in (bench.head, bench.deputy):
        leader = browse(person)
        assert f'href="{at}"' in leader.get("/desk").content.decode().split("待您签批")[1].split("</section>")[0]
        slip = main(leader.get(at).content.decode())
        assert all(word in slip for word in ("死亡人员领补", "去世之后是否仍有发放", "惠民补贴发放", "示范县财政局", "财函1", "发放日期", "揭示时显示")), slip
        assert leader.post(f"{at}/sign").status_code == 302
        assert "待您签批" not in leader.get("/desk").content.decode()
    assert "待您签批" not in page
    assert chief.post(f"{at}/run", {"model": "deceased_recipient"}).status_code == 302
    page = chief.get(at).content.decode()
    part = next(x.split('"')[0] for x in page.split('hx-get="')[1:] if x.startswith("/desk/r/"))
    assert "HX-Refresh" not in chief.get(part, headers={"HX-Request": "true"}).headers
    assert chief.get(part)["Location"] == at
    worked(bench)
    assert chief.get(part, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = chief.get(at).content.decode()
    hit = next(part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("/desk/h/"))
    assert "990" not in main(chief.get(hit).content.decode())
    shown = chief.post(f"{hit}/reveal", {"reason": "核实户籍"})
    assert any(number in shown.content.decode() for number in bench.truth["dead"])
    assert shown["Cache-Control"] == "no-store"
    lead = {"title": "死后领补", "name": "李某"}
    assert chief.post(f"{hit}/lead", lead).status_code == 422
    following = chief.post(f"{hit}/judge", {"verdict": "true", "reason": "已入户核实", "then": "next"})
    assert following.status_code == 302
    assert following["Location"] != hit
    assert chief.post(f"{following['Location']}/judge", {"verdict": "open", "reason": ""})["Location"] == following["Location"]
    assert chief.get(f"{at}?verdict=true").content.decode().count("/desk/h/") == 1
    gone = chief.post(f"{hit}/lead", lead)
    assert gone.status_code == 302, gone.content.decode()
    assert "死后领补" in chief.get(gone["Location"]).content.decode()
    # a person wrongly hit: his counsel asks, the owner answers, he is told; the rows of his hit stand in no other
    wrong = following["Location"]
    chief.post(f"{wrong}/judge", {"verdict": "data_error", "reason": "登记有误"})
    assert all(f'value="{who}"' in chief.get(wrong).content.decode() for who in ("handler", "person", "counsel", "owner"))
    assert chief.post(f"{wrong}/correct", {"dataset": "deaths", "wrong": "本人健在", "asked_by": "nobody"}).status_code == 422
    assert chief.post(f"{wrong}/correct", {"dataset": "deaths", "wrong": "本人健在", "asked_by": "counsel"}).status_code == 302
    page = chief.get(wrong).content.decode()
    reply = next(x.split('"')[0] for x in page.split('action="')[1:] if x.startswith("/desk/c/"))
    assert "死亡登记：本人健在（律师或代理人" in page
    assert "同样的数据行" not in page
    for refused in ({}, {"told_on": "2026-02-30"}, {"told_on": "2999-01-01"}):
        assert chief.post(reply, {"answer": "已更正", **refused}).status_code == 422, refused
    assert chief.post(reply, {"answer": "已更正", "not_told": "本人要求由律师转告"}).status_code == 302
    assert "本人要求由律师转告" in chief.get(wrong).content.decode()
    # the lead that was made of a hit says so when the hit is judged otherwise
    chief.post(f"{hit}/judge", {"verdict": "not_true", "reason": "公安更正：死亡登记有误"})
    page = main(chief.get(gone["Location"]).content.decode())
    assert "这条线索所依据的疑点已被改判" in page
    assert "公安更正" not in page, "why stays with the check"
    stranger = browse("yj-analyst")
    ghost = stranger.get("/desk/h/0000000000000").content
    for address in (at, hit, part, f"{at}/relations"):
        answer = stranger.get(address)
        assert (answer.status_code, answer.content) == (404, ghost), address
    for address in (f"{at}/sign", f"{at}/run", f"{at}/keep", f"{at}/ftm", f"{at}/tripwire", f"{part}/stop", f"{hit}/judge"):
        assert stranger.post(address, {"model": "deceased_recipient", "verdict": "true", "reason": "x", "matter": ref}).status_code == 404, address
    assert stranger.get("/desk").status_code == 200
    assert "Data matching" in browse(bench.chief, "en").get("/desk").content.decode()


def test_a_queued_run_is_stopped_on_its_page(bench: Bench, browse: Any) -> None:
    chief, at = browse(bench.chief), f"/desk/a/{to_ref(bench.in_force())}"
    chief.post(f"{at}/run", {"model": "deceased_recipient", "trial": "1"})
    page = chief.get(at).content.decode()
    stop = next(x.split('"')[0] for x in page.split('action="')[1:] if x.startswith("/desk/r/"))
    assert chief.post(stop).status_code == 302
    assert "已取消" in chief.get(at).content.decode()
    assert chief.post(stop).status_code == 422


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_catalogue_and_models_speak_both_languages(bench: Bench, browse: Any, language: str) -> None:
    chief = browse(bench.chief, language)
    for address, zh, en in (("/desk/data", "死亡登记", "Death register"), ("/desk/data/deaths", "死亡日期", "Died on"), ("/desk/models", "死亡人员领补", "Deceased"), ("/desk/models/deceased_recipient", "误报史", "Error history")):
        page = chief.get(address).content.decode()
        assert (en if language == "en" else zh) in page, address
        if language == "en":
            words = main(page).replace(bench.name(bench.chief), "")  # who looks stands at the foot of every page
            left = [c for c in words if "\u4e00" <= c <= "\u9fff"]
            assert not left, (address, "".join(left))


def test_every_table_column_and_meaning_of_a_shipped_model_has_words_in_both_languages() -> None:
    from xieli.engines.matching.datasets.schema import SEMANTIC
    from xieli.engines.matching.models.contract import find_model, model_folders
    from xieli.office.desk.wording import column_word, meaning_word, table_word, words

    used = {(t, c) for m in model_folders() for t, wanted in find_model(m).inputs.items() for c in wanted}
    told = [[table_word(t, lang) for t, _ in used] + [column_word(t, c, lang) for t, c in used] + [meaning_word(m, lang) for m in SEMANTIC] for lang in ("zh", "en")]
    assert [w for w in told[0] if w.isascii()] == []
    assert [w for w in told[1] if not w.isascii() or "_" in w] == []
    known = {*(t for t, _ in used), *(c for _, c in used), *(f"{t}.{c}" for t, c in used)}
    assert {*words()["tables"], *words()["columns"]} <= known, "nothing is worded that no model asks for"


def test_a_data_set_or_model_that_is_not_there_does_not_exist(bench: Bench, browse: Any) -> None:
    chief = browse(bench.chief)
    assert chief.get("/desk/data/nothing").status_code == chief.get("/desk/models/nothing").status_code == 404


def test_a_handler_finds_the_desk_in_the_menu_and_on_it_only_what_is_his(bench: Bench, browse: Any) -> None:
    made = bench.in_force()
    run = bench.ran(made)
    at = f"/desk/a/{to_ref(made)}"
    handler, other = browse("wuchuan-handler1"), browse("datan-lead")
    # from the menu alone: the desk, an authorization, its run and hits, the catalogue, the models
    for client in (handler, other):
        assert 'href="/desk"' in client.get("/").content.decode()
    desk = handler.get("/desk").content.decode()
    for link in (at, "/desk/data", "/desk/models"):
        assert f'href="{link}' in desk
        assert handler.get(link).status_code == 200
    page = main(handler.get(at).content.decode())
    hits = sorted({part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("/desk/h/")})
    assert len(hits) == 3
    triage = handler.get(hits[0])
    assert triage.status_code == 200
    assert 'name="verdict"' in triage.content.decode()
    # he neither proposed nor signs: no such button, and the post is refused
    assert "签批这份授权" not in page
    assert handler.post(f"{at}/run", {"model": "deceased_recipient"}).status_code in (302, 403, 422)
    with bench.stage.acts(bench.chief):
        assert not Run.objects.filter(authorization_id=made, state__in=["queued", "done"]).exclude(pk=run.pk).exists(), "who is no operator runs nothing"
    # the same desk for a handler of another county: nothing of this, not by list, not by address
    seen = main(other.get("/desk").content.decode())
    assert to_ref(made) not in seen
    for address in (at, *hits, f"{at}/relations", f"/desk/r/{to_ref(run.pk)}", f"/desk/new/{to_ref(bench.lead)}"):
        assert other.get(address).status_code == 404, address
    for form in (f"{at}/run", f"{at}/sign", f"{hits[0]}/judge", f"{hits[0]}/reveal"):
        assert other.post(form, {"model": "deceased_recipient", "verdict": "true", "reason": "看看"}).status_code == 404, form
    # a village supervisor has no such entry and finds no door
    village = browse("fengdeng-supervisor")
    assert 'href="/desk"' not in village.get("/").content.decode()
    assert village.get(at).status_code == 404


# ── attacks: by posts that no page offers, and by the web role's own connection ───────────────────────────────────────

GOOD = {"model": "deceased_recipient", "bind_payment": "subsidies", "bind_death": "deaths", "instrument_payment": "财函1", "instrument_death": "民函2", "purpose_zh": "核查", "assessment": "PIA-1", "subjects": "990101195001010016"}
HOSTILE = {
    "no such model": ({"model": "../deceased_recipient"}, 404), "no such data set": ({"bind_death": "nothing"}, 422), "a path": ({"bind_death": "../subsidies"}, 422),
    "sql for a name": ({"bind_death": "deaths' union select 1 --"}, 422), "a column of another meaning": ({"col.payment.person": "name"}, 422), "a column that is not there": ({"col.payment.person": "secret"}, 422),
    "sql for a column": ({"col.payment.amount": 'amount" + 1 as "x'}, 422), "no owner's paper": ({"instrument_death": " "}, 422), "for ever": ({"days": "999"}, 422), "no days": ({"days": "-1"}, 422),
    "endless runs": ({"runs": "1e9"}, 422), "nobody named": ({"subjects": " "}, 422), "no purpose": ({"purpose_zh": ""}, 422), "a zero byte": ({"purpose_zh": "x\0y"}, 400),
}  # fmt: skip


@pytest.mark.parametrize("how", HOSTILE)
def test_a_proposal_that_asks_for_more_or_other_than_a_page_offers_is_refused(bench: Bench, browse: Any, how: str) -> None:
    changed, status = HOSTILE[how]
    before = bench.stage.admin.execute("select count(*) from match_authorization").fetchone()
    answer = browse(bench.chief).post(f"/desk/new/{to_ref(bench.lead)}", {**GOOD, **changed})
    assert answer.status_code == status, answer.content.decode()[:800]
    assert bench.stage.admin.execute("select count(*) from match_authorization").fetchone() == before


def test_nothing_of_an_authorization_changes_once_it_is_proposed_and_nobody_acts_for_another(bench: Bench, raw: Any) -> None:
    import psycopg

    made = bench.proposed()
    assert bench.signed(made, bench.head) == "waiting"
    chief, deputy = bench.stage.person(bench.chief), bench.stage.person(bench.deputy)
    # (error, statement): by who proposed it, on the web role's own connection
    tricks = [
        *(f"update match_authorization set {change} where id = %(a)s" for change in ("document = '{}'", "digest = 'x'", "operators = '[]'", "ends_at = ends_at + interval '9 years'", "runs = 999", "reveals = 999", "kind = 'programme'")),
        "delete from match_signature where authorization_id = %(a)s", "delete from match_authorization where id = %(a)s", "update match_signature set person_id = %(chief)s where authorization_id = %(a)s",
        "insert into match_signature (id, matter_id, authorization_id, person_id, digest, at) select 77, matter_id, id, %(deputy)s, digest, access.now() from match_authorization where id = %(a)s",
        "insert into match_signature (id, matter_id, authorization_id, person_id, digest, at) select 77, matter_id, id, %(chief)s, digest, access.now() from match_authorization where id = %(a)s",
        "update match_dataset set columns = '[]'", "delete from match_dataset", "select access.match_destroyed('x', '{}')", "select * from access.match_expire()",
    ]  # fmt: skip
    for trick in tricks:
        with raw(bench.chief) as web:
            try:
                done = web.execute(trick, {"a": made, "chief": chief, "deputy": deputy}).rowcount
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation):
                continue
            assert done == 0, trick
    assert bench.signed(made, bench.deputy) == "in_force"


def test_only_the_operator_reveals_and_a_model_that_was_not_authorized_does_not_run(bench: Bench, browse: Any) -> None:
    made = bench.in_force()
    run = bench.ran(made)
    hit = bench.stage.admin.execute("select id from match_hit where run_id = %s limit 1", [run.pk]).fetchone()
    at = f"/desk/a/{to_ref(made)}"
    chief = browse(bench.chief)
    for model in ("shared_account", "../deceased_recipient", "", "x" * 5000):
        chief.post(f"{at}/run", {"model": model})
    states = bench.stage.admin.execute("select state from match_run where authorization_id = %s and model <> 'deceased_recipient' and state not in ('refused')", [made]).fetchall()
    assert states == []
    if hit is not None:
        # a leader who signed knows the matter and its hits, but the second act is the operator's
        head = browse(bench.head)
        answer = head.post(f"/desk/h/{to_ref(hit[0])}/reveal", {"reason": "想看"})
        assert answer.status_code == 422
        assert not any(number in answer.content.decode() for number in bench.truth["dead"])
