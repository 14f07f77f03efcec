"""Where an installation keeps its own: one folder, `$XIELI_HOME`, or `var/` inside a checkout.

    pg/        the embedded database (or the pointer `pg.moved` when its account cannot enter this folder)
    secrets/   one password file per database role, mode 0600
    log/       what each process of the installation wrote
    files/     stored files, content-addressed
    seals/     seal files of the ledger of acts
"""
from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import xieli
from xieli.server.words import Trouble


def checkout() -> Path | None:
    """The source checkout this package runs from, or None when it was installed from a wheel."""
    root = Path(xieli.__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else None


def default_home() -> Path:
    """`$XIELI_HOME`; else `var/` of the checkout; else the account's data folder (`/var/lib/xieli` for root)."""
    if os.environ.get("XIELI_HOME"):
        return Path(os.environ["XIELI_HOME"]).expanduser().resolve()
    root = checkout()
    if root is not None:
        return root / "var"
    if os.geteuid() == 0:
        return Path("/var/lib/xieli")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share").resolve() / "xieli"


@dataclass(frozen=True)
class Home:
    """One installation's folder. Creating it never changes the mode of a folder that was there before."""

    path: Path

    @property
    def pg(self) -> Path:
        """The embedded database's folder: here, or where the pointer says it had to go."""
        pointer = self.path / "pg.moved"
        return Path(pointer.read_text().strip()) if pointer.is_file() else self.path / "pg"

    @property
    def log(self) -> Path:
        return self.folder("log", 0o700)

    @property
    def files(self) -> Path:
        return self.folder("files", 0o700)

    @property
    def seals(self) -> Path:
        return self.folder("seals", 0o700)

    def create(self) -> Home:
        """Make the folder if it is missing; 0711 so that the database's account can pass through, and list nothing."""
        try:
            missing = [p for p in (self.path, *self.path.parents) if not p.exists()]
            for part in reversed(missing):
                part.mkdir()
                part.chmod(0o711)  # not by mkdir's mode: that passes through the umask
        except OSError as error:
            raise Trouble(
                f"无法建立数据目录 {self.path}：{error.strerror}。请改用有写权限的目录（环境变量 XIELI_HOME）。",
                f"The data folder {self.path} cannot be made: {error.strerror}. Choose one that you may write to (environment variable XIELI_HOME).",
            ) from error
        return self

    def folder(self, name: str, mode: int) -> Path:
        self.create()
        path = self.path / name
        if not path.exists():
            path.mkdir(exist_ok=True)
            path.chmod(mode)
        return path

    def secret(self, name: str) -> str:
        """The secret called `name`, made on first use: 32 random bytes in a file that only its owner can read."""
        return read_or_make_secret(self.folder("secrets", 0o700) / name)


def read_or_make_secret(path: Path) -> str:
    """Read a secret file, or create it atomically (two makers: the first wins, both read the same)."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
