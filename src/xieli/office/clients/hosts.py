"""Where a webhook may go. The rule is an allow-list; what an address resolves to is checked again at each delivery.

OWASP's server-side request forgery sheet: allow-list, resolve once and connect to what was resolved, no redirects.
"""
from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from xieli.office.matters.services.errors import Refused

NAME = re.compile(r"(?=.{1,120}$)[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?)*")


class Forbidden(Exception):
    """A delivery that is not made: the address leads where no administrator allowed it."""


@dataclass(frozen=True)
class Target:
    """A checked webhook address."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Read a webhook's address. Raises Refused for anything but plain http(s)://host[:port]/path: no user, no fragment, no odd host."""
    wrong = Refused("bad_address", "回调地址须为 https://主机[:端口]/路径，不带账号、片段或空白。", "A webhook's address is https://host[:port]/path, without user, fragment or blanks.")
    if not url.isascii() or any(c <= " " or c in "\\\x7f" for c in url) or len(url) > 300:
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise wrong from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.fragment or "@" in parts.netloc or not (NAME.fullmatch(host) or _literal(host)):
        raise wrong
    return Target(parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _literal(host: str) -> bool:
    if "%" in host:
        return False  # a zone of this machine's interfaces
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def addresses(target: Target, *, private: bool) -> list[str]:
    """The numbers to connect to. Raises Forbidden when one of them is not public and the host was not stated to be private.

    All of them must be allowed: a name that resolves to one good and one inner address is an attack, not an accident.
    """
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Forbidden("the name does not resolve") from None
    for number in found:
        ip = ipaddress.ip_address(number.split("%")[0])
        mapped = getattr(ip, "ipv4_mapped", None) or ip
        if mapped.is_multicast or mapped.is_unspecified or mapped.is_reserved or mapped.is_link_local:
            raise Forbidden("not an address of a host")  # cloud metadata services are link-local: never, however stated
        if not mapped.is_global and not private:
            raise Forbidden("a private address that was not stated")
    if target.scheme != "https" and not private:
        raise Forbidden("without TLS only to a host stated as private")
    return sorted(found)
