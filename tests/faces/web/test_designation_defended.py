"""More than a year on, all first access has ended: the chief who chose Wuchuan for “one call, the same night” reads why, from the frozen page, the ranking and the ledger alone."""
from __future__ import annotations

import hashlib
import json

import pytest


@pytest.fixture(scope="module")
def a_year_on(played):
    """Loads, weights and readiness are no longer what they were, and the matter was looked at again."""
    played.theatre.at("2027-04-20 09:00")
    played.admin.execute("select access.sweep(10000)")
    played.admin.execute("update body_load set load = load * 5 + 700, designations = 6, experience = '{}'")
    played.admin.execute("update body_travel set hours = 9")


def test_the_designation_can_be_defended_from_screen_snapshot_and_record(stage, a_year_on) -> None:
    from xieli.office.allocation import services
    from xieli.office.allocation.models import RankingShown
    from xieli.office.matters.tables.approvals import Approval

    approval, matter = stage.admin.execute("select id, matter_id from approval where act = 'designate' and state in ('approved', 'used') order by requested_at desc limit 1").fetchone()
    wuchuan = stage.one("select short_zh from body where code = 'wuchuan'")

    # the screen: what was signed then, not how things stand now
    page = stage.client("chief3").get(f"/approval/{Approval(pk=approval).ref}")
    text = page.content.decode()
    assert page.status_code == 200
    assert stage.client("yj-head").get(f"/approval/{Approval(pk=approval).ref}").status_code == 200, "and who signed it, though it went to another body that night"
    assert "以下是签批时所见，已冻结" in text
    for said in (wuchuan, "北屏区任务集中，当日无力量和留置场所", "七个审查调查组全部在外", "留置场所、看护、医护已备", "1 (ours)"):
        assert said in text, said

    # the snapshot: whole, and hashed
    snapshot, sha, canon = stage.admin.execute("select content, sha, canon from snapshot where approval_id = %s order by at desc limit 1", [approval]).fetchone()
    assert hashlib.sha256(bytes(canon)).hexdigest() == sha
    ranking = snapshot["ranking"]
    assert (ranking["chosen_body"], ranking["chosen_place"]) == (stage.world.bodies["wuchuan"], 1)
    assert len(ranking["rows"]) >= 20
    beiping = next(r for r in ranking["rows"] if r["body"] == stage.world.bodies["beiping"])
    assert beiping["codes"] == ["unable"]
    assert ranking["natural"], "what would have to change for the natural body"
    assert ranking["margin"]["zh"]

    # the record: nobody can have changed it since, and ranking again from what was frozen gives the same rows
    with stage.theatre.acts("chief3"):
        kept = RankingShown.objects.get(sha=ranking["sha"])
        assert hashlib.sha256(json.dumps([kept.inputs, kept.result], sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest() == ranking["sha"]
        assert services.ranked_again(kept)
        kept.inputs[3]["load"] += 1
        assert not services.ranked_again(kept), "a changed input would show"
    chosen, signed = (stage.one("select convert_from(canon, 'UTF8')::jsonb -> 'fields' from audit.event where verb = %s and %s = any (matters) order by id desc limit 1", verb, matter) for verb in ("ranking.chosen", "approval.decided"))
    assert chosen["digest"] == ranking["sha"]
    assert sha in json.dumps(signed), "the ledger holds the digest of what the signer saw"


def test_the_desk_of_today_says_that_the_old_table_still_comes_out_the_same(stage, a_year_on) -> None:
    from xieli.office.ids import to_ref

    matter = stage.one("select matter_id from approval where act = 'designate' and state in ('approved', 'used') order by requested_at desc limit 1")
    for language, said in (("zh-hans", "各行与当时所见一致"), ("en", "every row comes out as it was shown")):
        assert said in stage.client("chief3", language).get(f"/m/{to_ref(matter)}/rank").content.decode()
