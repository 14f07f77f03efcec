"""Front-end packages: pinned without addresses, copied whole, left alone when they are there."""
from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from xieli.server import vendor
from xieli.server.words import Trouble, silent

ROOT = Path(__file__).resolve().parents[2]


def checkout(folder: Path) -> Path:
    """A checkout whose node_modules holds every listed file, as after `npm ci`."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    for source in vendor.COPIES:
        path = vendor.node_modules(folder) / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"/* {source} */\n//# sourceMappingURL=x.map\n")
    return folder


def test_the_lock_names_versions_and_digests_but_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert "http" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)
    wanted = json.loads((ROOT / "package.json").read_text())
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert packages[f"node_modules/{name}"]["version"] == version


def test_python_versions_are_pinned_without_addresses() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 50
    assert all(len(line.split("==")) == 2 and "/" not in line for line in lines)


def test_copies_are_complete_and_point_to_no_missing_map(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    assert not vendor.present(root)
    vendor.copy(root)
    assert vendor.present(root)
    for name in vendor.COPIES.values():
        assert "sourceMappingURL" not in (vendor.vendor_folder(root) / name).read_text()


def test_what_is_there_is_left_alone_without_asking_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout(tmp_path)
    vendor.copy(root)

    def no_network(*arguments: object, **options: object) -> None:
        raise AssertionError("npm was called")

    monkeypatch.setattr(vendor.subprocess, "run", no_network)
    assert vendor.fetch(root, silent) is False


@pytest.mark.parametrize("change", ["file", "lock"])
def test_a_missing_copy_or_another_lock_means_fetching_again(tmp_path: Path, change: str) -> None:
    root = checkout(tmp_path)
    vendor.copy(root)
    if change == "file":
        (vendor.vendor_folder(root) / next(iter(vendor.COPIES.values()))).unlink()
    else:
        (root / "package-lock.json").write_text("{}")
    assert not vendor.present(root)


def test_a_fetch_that_fails_says_what_to_do(tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "package-lock.json").write_text("this is no lock file")
    with pytest.raises(Trouble) as caught:
        vendor.fetch(tmp_path, silent)
    assert "npm config set registry" in caught.value.en
    assert "离线" in caught.value.zh
