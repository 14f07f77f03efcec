"""A process that has given up the network, new programs and unlimited resources, before it touches any data.

On Linux the kernel refuses socket, connect, exec and ptrace calls for the rest of the process's life (seccomp, no
privilege needed). Elsewhere an audit hook refuses the same from Python only; `enter` says which, and every result
records it.
"""
from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from typing import Any

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
# System call numbers: socket, socketpair, connect, accept, accept4, sendto, bind, listen, execve, execveat, ptrace,
# process_vm_readv, process_vm_writev, io_uring_setup (which could do the others unseen).
_DENIED = {
    "x86_64": (0xC000003E, (41, 53, 42, 43, 288, 44, 49, 50, 59, 322, 101, 310, 311, 425)),
    "aarch64": (0xC00000B7, (198, 199, 203, 202, 242, 206, 200, 201, 221, 281, 117, 270, 271, 425)),
}


def enter(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> str:
    """Lock this process: address space, CPU time and file size limited, network and exec refused.

    Returns "seccomp" or "audit-hook". Cannot be undone.
    """
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        top = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (top, top))
    sys.addaudithook(_refuse)
    for name in [n for n in os.environ if n.lower().endswith("_proxy")]:
        del os.environ[name]
    return "seccomp" if _seccomp() else "audit-hook"


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system")):
        raise PermissionError(errno.EPERM, f"refused in a matching process: {event}")


def _seccomp() -> bool:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _DENIED:
        return False
    architecture, denied = _DENIED[machine]
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    refuse, allow = 0x00050000 | errno.EPERM, 0x7FFF0000
    # Offsets in struct seccomp_data: 4 architecture, 0 number. Jumps count instructions from the next one.
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, refuse), (load, 0, 0, 0)]
    # x32 calls (bit 30) would otherwise be a second way to every call.
    program += [(at_least, 0, 1, 0x40000000), (give, 0, 0, refuse)]
    for number in denied:
        program += [(equal, 0, 1, number), (give, 0, 0, refuse)]
    program.append((give, 0, 0, allow))
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code)

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    handle = Program(len(program), ctypes.cast(buffer, ctypes.c_void_p))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(handle), 0, 0) == 0)
