"""The process in which one step of the protocol runs: nothing inherited but what the job names.

Started by run_apart() as `python -I -m …worker` with an empty environment, limits on memory and processor time,
and one job on standard input; it writes one JSON answer. Secrets pass through files of mode 600 only.
"""
from __future__ import annotations

import json
import resource
import subprocess
import sys
from datetime import date
from typing import Any

MEMORY = 4 * 2**30  # bytes of address space
SECONDS = 6 * 3600  # processor time; a million owner rows take some minutes


def run_apart(job: dict[str, Any], cwd: str) -> dict[str, Any]:
    """Run one step in a process of its own. Raises Refused with the worker's reason, RuntimeError if it died."""
    from .protocol import Refused

    done = subprocess.run(
        [sys.executable, "-I", "-m", __name__], input=json.dumps(job), capture_output=True, text=True, cwd=cwd, env={}, check=False,
    )  # fmt: skip
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise RuntimeError(f"the process ended with code {done.returncode}; nothing was written / 进程异常结束，未写出任何结果\n{done.stderr[-500:]}") from error
    if "refused" in answer:
        raise Refused(answer["refused"])
    return answer


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def step(job: dict[str, Any]) -> dict[str, Any]:
    """One step of the protocol as plain data in and out; keys as in protocol.py, secrets and keys in hex."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from . import protocol as p

    try:
        match job["step"]:
            case "request":
                message, secret = p.request(job["items"], job["authorization"], job["purpose"], date.fromisoformat(job["expires"]))
                return {"message": message, "secret": secret.hex()}
            case "approve":
                key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(job["key"]))
                return {"message": p.approve(job["message"], job["items"], bytes.fromhex(job["secret"]), key)}
            case "respond":
                key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(job["key"]))
                policy = p.Policy(**(job["policy"] | {"approvers": tuple(job["policy"]["approvers"])}))
                response, line = p.respond(job["message"], job["items"], policy, job["answered"], key, date.fromisoformat(job["today"]))
                return {"message": response, "line": line}
            case "finish":
                hits = p.finish(job["request"], job["response"], job["items"], bytes.fromhex(job["secret"]), job["owner_key"])
                return {"hits": hits, "owner_count": job["response"]["owner_count"]}
            case other:
                raise ValueError(f"unknown step {other}")
    except p.Refused as refusal:
        return {"refused": str(refusal)}


if __name__ == "__main__":
    _limit()
    json.dump(step(json.load(sys.stdin)), sys.stdout, ensure_ascii=False)
