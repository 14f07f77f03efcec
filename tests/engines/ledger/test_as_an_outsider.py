"""docs/ledger.md followed by an outsider: his three commands run on an export, a key and a witness with nothing of ours around; ours are there as printed."""
from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.engines.ledger import worlds
from tests.engines.ledger.test_tampering import node
from xieli.faces.cli.main import LazyGroup

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("docs/ledger.md", "docs/ledger.zh.md")


def commands(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [line.split("  #")[0].strip() for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an outsider has in one folder: the export, the key, the witness he kept, the three programs."""
    folder, log = tmp_path_factory.mktemp("desk"), worlds.make_log(60)
    log.save(folder / "EXPORT")
    (folder / "WITNESS.jsonl").write_bytes(b"\n".join(log.lines()) + b"\n")
    (folder / "seal.pub").write_bytes(Ed25519PublicKey.from_public_bytes(log.public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for program in ("src/xieli/engines/ledger/verify.py", "tools/verify-openssl/verify.mjs", "tools/verify-openssl/check-seal.sh"):
        shutil.copy(ROOT / program, folder)
    return folder


def follow(command: str, folder: Path) -> int:
    programs = {"python3": sys.executable, "node": node()}
    line = re.sub(r"^(python3|node)\b", lambda m: shlex.quote(programs[m[1]]), command)
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, env={"PATH": os.environ["PATH"]}, check=False).returncode


def test_the_outsiders_commands_say_that_all_holds_and_that_it_does_not(desk: Path, tmp_path: Path) -> None:
    outside = [c for c in commands(PAGES[0]) if not c.startswith("xieli ")]
    assert len(outside) == 3
    assert [follow(c, desk) for c in outside] == [0, 0, 0]
    bad = shutil.copytree(desk, tmp_path / "bad")
    events = (bad / "EXPORT/events.jsonl").read_bytes()
    (bad / "EXPORT/events.jsonl").write_bytes(events.replace(b'"note":"', b'"note":"x', 1))
    seals = (bad / "EXPORT/seals.jsonl").read_text()
    head, mark, tail = seals.rpartition('"size":')
    (bad / "EXPORT/seals.jsonl").write_text(f"{head}{mark}1{tail}")
    assert [follow(c, bad) for c in outside] == [1, 1, 1]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_ours_on_the_page_is_one(page: str) -> None:
    ours = [shlex.split(c)[1:] for c in commands(page) if c.startswith("xieli ")]
    assert len(ours) == 5
    for words in ours:
        command: click.Command = LazyGroup("xieli")
        context = click.Context(command)
        while isinstance(command, click.Group):
            found = command.get_command(context, words.pop(0))
            assert found is not None, words
            command = found
        words = ["00000000-0000-0000-0000-000000000000" if w == "EVENT" else w for w in words]
        command.make_context("xieli", words, resilient_parsing=False)
    assert commands(page)[5:] == commands(PAGES[0])[5:]
