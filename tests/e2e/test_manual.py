"""The manual's pictures come from the played story, never from a drawing board: XIELI_MANUAL=1 (or the large run) takes them anew."""
from __future__ import annotations

import os
import re

import pytest

from tests.e2e.browser import LARGE, ROOT, Person, serving
from tests.e2e.test_access import path_of

pytestmark = pytest.mark.xdist_group("browser")
MANUAL = ROOT / "docs" / "manual"
PICTURES = {
    "entrance": ("chief3", "/entrance", 1280), "workbench": ("wuchuan-handler1", "/", 1280), "green": ("chief3", "/green", 1280), "matter": ("wuchuan-handler1", "/m/@liuzhi", 1280),
    "clock": ("wuchuan-handler1", "CLOCK", 1280), "sent": ("fire-handler", "/sent", 1280), "parcel": ("fire-handler", "/parcel/@parcel", 1280), "phone": ("wuchuan-handler1", "/m/@case", 390),
    "access": ("wuchuan-handler1", "/m/@case/access", 1280), "owed": ("wuchuan-handler1", "/owed", 1280), "audit": ("audadmin", "/audit", 1280), "playbook": ("chief3", "/playbooks/green_channel", 1280),
    "calendar": ("chief3", "/calendar?year=2027", 1280),
}

SUBSIDY = {f"subsidy{n}" for n in range(1, 9)}  # taken by test_subsidy.py on its way


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_manual_names_every_picture_and_no_other(language):
    named = set(re.findall(rf"img/(\w+)-{language}\.png", (MANUAL / f"{language}.md").read_text(encoding="utf-8")))
    assert named == set(PICTURES) | SUBSIDY
    assert all((MANUAL / "img" / f"{name}-{language}.png").is_file() for name in named)


@pytest.mark.skipif(not (LARGE or os.environ.get("XIELI_MANUAL")), reason="pictures are taken in the large run")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pictures_are_taken_from_the_played_story(stage, chromium, language, tmp_path):
    from xieli.office.ids import to_ref

    folder = MANUAL / "img" if os.environ.get("XIELI_MANUAL") else tmp_path
    clock = to_ref(stage.one("select id from clock where matter_id = %s and code = 'custody'", stage.made["liuzhi"]))
    with serving() as base:
        for name, (code, path, width) in PICTURES.items():
            window = Person(chromium, base, stage, code, language="zh-hans" if language == "zh" else "en", width=width)
            answer = window.open(path_of("/m/@liuzhi/clock/" + clock if path == "CLOCK" else path, stage))
            assert answer.status == 200, name
            window.page.screenshot(path=folder / f"{name}-{language}.png")
            window.close()
