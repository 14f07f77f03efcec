"""Pure engines: no Django, no I/O but what is handed in."""
