"""A program's token: the whole way to it, what it opens, and how it ends."""
from __future__ import annotations

import pytest


def test_a_token_is_asked_by_security_confirmed_by_the_head_and_collected_by_its_person(stage, program):
    from xieli.office.clients import services
    from xieli.office.matters.services.errors import NotVisible, Refused

    person = stage.world.people["chief3"]
    with stage.theatre.acts("chief3"), pytest.raises(NotVisible):
        services.propose(person, label="x", scopes=["matters:read"], days=30, reason="x")
    with stage.theatre.acts("secadmin"):
        token = services.propose(person, label="x", scopes=["matters:read"], days=30, reason="对接")
        with pytest.raises(NotVisible):
            services.confirm(token)
    with stage.theatre.acts("chief3"), pytest.raises((NotVisible, Refused)):
        services.collect(token)
    with stage.theatre.acts("fire-officer"), pytest.raises(NotVisible):
        services.confirm(token)
    with stage.theatre.acts("yj-head"):
        services.confirm(token)
        with pytest.raises(NotVisible):
            services.collect(token)
    with stage.theatre.acts("chief3"):
        secret = services.collect(token)
        with pytest.raises(Refused):
            services.collect(token)
    assert secret not in str(stage.admin.execute("select * from access.api_secret").fetchall())
