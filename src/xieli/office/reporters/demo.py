"""A demo's reporters' store: custodians whose keys nobody has, keys of a keeper and an approver under a passphrase that the screen tells."""
from __future__ import annotations

from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from xieli.office.reporters import services

PASSPHRASE = "demo words known to all"  # a demo keeps no secret


def load(connection: psycopg.Connection[Any], stage: Any) -> None:
    """Set the store of the commission up, as the installer and through the services."""
    for name in ("甲保管 Custodian A（演示 demo）", "乙保管 Custodian B（演示 demo）", "丙保管 Custodian C（演示 demo）"):
        connection.execute("insert into reporters.custodian (public, name, added_at) values (%s, %s, access.now())", [X25519PrivateKey.generate().public_key().public_bytes_raw(), name])
    for person, side in (("yj-keeper", "keeper"), ("yj-deputy", "approver")):
        with stage.acts(person):
            services.make_key(stage.body("yj"), side, PASSPHRASE)
