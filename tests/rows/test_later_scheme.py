"""C20: a later scheme beside an evaluation that runs."""
from __future__ import annotations

import pytest

from tests.rows.acting import Office
from tests.rows.test_remedy import score
from xieli.content import content_path
from xieli.engines.playbooks import load
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import playbooks
from xieli.office.matters.tables.core import Matter


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def test_a_scheme_that_comes_later_does_not_alter_an_evaluation_that_runs(office: Office) -> None:
    """S2-28: Scheme version is fixed at the start of an evaluation; later change does not alter it."""
    running = score(office, 880, 840)  # 860: fairly good while good begins at 900
    text = (content_path("playbooks") / "evaluation.yaml").read_text("utf-8")
    later = text.replace("version: 1\n", "version: 2\n", 1).replace("ge: 900", "ge: 850").replace("lt: 900", "lt: 850")
    assert later != text
    second = load(later.encode(), "evaluation.yaml")
    assert playbooks.publish(office.stage.admin, {"evaluation": second}) == 1
    assert office.refused(office.room, running, "grade_good", ("total", {"confirmed_on": "2026-03-02"})) == "guard_field"
    office.step(office.room, running, "grade_fairly_good", ("total", {"confirmed_on": "2026-03-02"}))
    new = score(office, 880, 840, "health")
    office.step(office.room, new, "grade_good", ("total", {"confirmed_on": "2026-03-02"}))
    with office.stage.acts(office.room):
        versions = {m.id: (m.playbook_version, m.playbook_sha) for m in Matter.objects.filter(pk__in=[running, new])}
    assert (versions[running][0], versions[new]) == (1, (2, second.sha256))
    assert (office.outcomes(running), office.outcomes(new)) == (["fairly_good"], ["good"])
    with pytest.raises(ValueError, match="changed without a new version number"):  # nor can version 1 be rewritten under it
        playbooks.publish(office.stage.admin, {"evaluation": load(later.replace("version: 2\n", "version: 1\n", 1).encode(), "evaluation.yaml")})
