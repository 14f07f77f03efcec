"""A workspace is a folder of files: catalogue, authorizations, runs, keys, policy and the log of acts.

    catalogue/NAME/dataset.yaml, VERSION/{accepted.parquet, quarantined.parquet, manifest.json}
    authorizations/ID.yaml, ID.signatures.json, ID.key (destroyed with the authorization)
    runs/RUN/{request.json, state.json, hits.jsonl, result.json, verdicts/}
    trust.yaml      who may sign (name, body, roles, public key)
    policy.yaml     the owner's approval matrix and suspension limits; our defaults apply where it is silent
    acts.jsonl      one line per act, each carrying the digest of the line before it

Everything is written to a temporary name, flushed, and renamed, so a killed process leaves the old state.
"""
from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from .words import Conflict, MatchError

STAGING = ".staging-"


def canonical(value: Any) -> bytes:
    """One byte form for a value of strings, integers, booleans, nulls, lists and string-keyed maps: sorted, UTF-8.

    Floats are refused: two programs need not print them alike, and everything signed here is written without them.
    """

    def plain(v: Any) -> None:
        if isinstance(v, float):
            raise MatchError("float", "签名内容不得含小数，请写成字符串", "signed content must not hold a float; write it as a string")
        if isinstance(v, dict):
            for k, x in v.items():
                if not isinstance(k, str):
                    raise MatchError("key", "签名内容的键必须是字符串", "keys of signed content must be strings")
                plain(x)
        elif isinstance(v, list):
            for x in v:
                plain(x)
        elif v is not None and not isinstance(v, str | int | bool):
            raise MatchError("type", f"签名内容含不支持的类型 {type(v).__name__}", f"signed content holds an unsupported type {type(v).__name__}")

    plain(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def write_atomic(path: Path, data: bytes) -> None:
    """Write, flush to disk, rename. After a kill the path holds the old or the new bytes, never a part."""
    temporary = path.with_name(f"{STAGING}{path.name}-{secrets.token_hex(4)}")
    try:
        with open(temporary, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    write_atomic(path, (json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n").encode())


def read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def read_yaml(path: Path) -> Any:
    """A YAML file with dates left as text (dates would not survive signing); MatchError if it is not YAML."""
    try:
        return yaml.load(path.read_text("utf-8"), Loader=_TextLoader)
    except (FileNotFoundError, IsADirectoryError) as e:
        raise MatchError("no_file", f"找不到文件 {path}", f"no such file: {path}") from e
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise MatchError("yaml", f"{path.name} 不是合法的 YAML：{e}", f"{path.name} is not valid YAML: {e}") from e


class _TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """libyaml where PyYAML was built with it: each import reads its description, and the loader in Python took a third of a small import."""


_TextLoader.yaml_implicit_resolvers = {
    k: [(tag, exp) for tag, exp in v if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:float")]
    for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Workspace:
    """The folder and its parts. `create` makes one; opening a folder that is none is an error."""

    def __init__(self, root: Path) -> None:
        self.root = root = root.resolve()
        if not (root / "acts.jsonl").exists():
            raise MatchError(
                "no_workspace",
                f"{root} 不是碰撞工作区，请先运行 xieli match init",
                f"{root} is not a matching workspace; run xieli match init there first",
            )
        self.catalogue = root / "catalogue"
        self.authorizations = root / "authorizations"
        self.runs = root / "runs"
        self.keys = root / "keys"

    @classmethod
    def create(cls, root: Path, by: str, now: datetime) -> Workspace:
        root.mkdir(parents=True, exist_ok=True)
        for part in ("catalogue", "authorizations", "runs", "keys"):
            (root / part).mkdir(exist_ok=True)
            (root / part).chmod(0o700)
        if not (root / "acts.jsonl").exists():
            (root / "acts.jsonl").touch()
            cls(root).record(now, by, "workspace_created", {})
        return cls(root)

    @contextmanager
    def lock(self, name: str = "workspace") -> Iterator[None]:
        """One writer at a time; a dead process frees its lock by dying."""
        with open(self.root / f".{name}.lock", "a") as f:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                raise Conflict("busy", "另一个进程正在写入，请稍后再试", "another process is writing here; try again shortly") from e
            yield

    def record(self, now: datetime, by: str, act: str, detail: dict[str, Any]) -> dict[str, Any]:
        """Append one act. The line holds the digest of the line before it, so a removed line shows."""
        with open(self.root / "acts.jsonl", "r+b") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            previous, number = "0" * 64, 0
            whole = 0
            for line in f:
                if not line.endswith(b"\n"):
                    break  # a line cut off by a kill was never an act; it is overwritten
                previous, number, whole = hashlib.sha256(line).hexdigest(), number + 1, whole + len(line)
            entry = {"n": number + 1, "at": now.isoformat(), "by": by, "act": act, "detail": detail, "previous": previous}
            f.seek(whole)
            f.truncate()
            f.write(json.dumps(entry, ensure_ascii=False, default=str).encode() + b"\n")
            f.flush()
            os.fsync(f.fileno())
        return entry

    def acts(self) -> list[dict[str, Any]]:
        """All acts in order. MatchError if the chain is broken."""
        out, previous = [], "0" * 64
        for line in (self.root / "acts.jsonl").read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break
            entry = json.loads(line)
            if entry["previous"] != previous:
                n = entry["n"]
                raise MatchError("acts_broken", f"操作记录第 {n} 条与前一条不衔接，记录被改动过", f"act {n} does not follow the line before it: the log was altered")
            out.append(entry)
            previous = hashlib.sha256(line).hexdigest()
        return out

    def sweep_staging(self) -> list[str]:
        """Remove what killed processes left behind; call under `lock`."""
        gone = []
        for path in self.root.rglob(f"{STAGING}*"):
            if path.exists():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                gone.append(str(path.relative_to(self.root)))
        return gone
