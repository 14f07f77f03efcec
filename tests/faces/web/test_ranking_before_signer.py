"""What the signer of a designation reads: who was chosen, at which place and why, and by which version of the weights."""
from __future__ import annotations


def test_the_signer_reads_the_ranking_with_its_weights_and_its_digest(stage) -> None:
    row = stage.admin.execute("select a.id, r.sha from approval a join ranking_shown r on r.matter_id = a.matter_id where a.act = 'designate' order by r.at desc limit 1").fetchone()
    assert row is not None
    from xieli.office.matters.tables.approvals import Approval

    page = stage.client("chief3").get(f"/approval/{Approval(pk=row[0]).ref}")
    text = page.content.decode()
    assert page.status_code == 200
    assert "比选（提请时的排序）" in text
    assert row[1][:16] in text
    assert "1 (ours)" in text
    english = stage.client("chief3", "en").get(f"/approval/{Approval(pk=row[0]).ref}").content.decode()
    assert "as ranked when approval was asked for" in english


def test_the_act_of_designation_records_on_what_the_chosen_body_is_competent(stage) -> None:
    """No other door leads there: the approved step moves the matter, and its basis stands with number, signer's body and approval."""
    matter = stage.made["designation"]
    rows = stage.admin.execute("select b.code, g.code, c.document_no, a.act from competence_basis c join body b on b.id = c.body_id join body g on g.id = c.given_by_id join approval a on a.id = c.approval_id"
                               " where c.matter_id = %s and c.kind = 'designation'", [matter]).fetchall()
    assert rows == [("wuchuan", "yj", "渝江纪指〔2026〕4号", "designate")]
    assert stage.one("select b.code from matter m join body b on b.id = m.owner_body_id where m.id = %s", matter) == "wuchuan"
    assert stage.one("select count(*) from pg_proc where proname = 'designate'") == 0
