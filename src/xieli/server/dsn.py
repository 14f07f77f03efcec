"""Connection strings as URLs, in the one shape that Django's settings, psycopg and libpq programs all read."""
from __future__ import annotations

from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict


def as_url(conninfo: str = "", **changes: str | int | None) -> str:
    """A PostgreSQL URL from a connection string (URL or key=value) and changes to it (None removes a part).

    A socket folder travels as the query's `host`, percent-encoded: paths may hold spaces and Chinese characters.
    Errors: psycopg.ProgrammingError when `conninfo` is none.
    """
    parts = {k: str(v) for k, v in conninfo_to_dict(conninfo).items() if v is not None}
    for key, value in changes.items():
        if value is None:
            parts.pop(key, None)
        else:
            parts[key] = str(value)
    user, password, database = parts.pop("user", ""), parts.pop("password", ""), parts.pop("dbname", "")
    place = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "") + ("@" if user else "")
    host = parts.get("host", "")
    if host and not host.startswith("/") and "," not in host:
        place += f"[{host}]" if ":" in host else quote(host, safe="")
        place += f":{parts.pop('port')}" if "port" in parts else ""
        parts.pop("host")
    query = urlencode(sorted(parts.items()), quote_via=quote, safe="")
    return f"postgresql://{place}/{quote(database, safe='')}" + (f"?{query}" if query else "")


def where(conninfo: str) -> str:
    """The address without any secret, for messages."""
    parts = conninfo_to_dict(conninfo)
    return " ".join(f"{key}={parts[key]}" for key in ("host", "port", "dbname", "user") if parts.get(key))
