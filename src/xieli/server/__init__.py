"""Settings, embedded PostgreSQL, roles, binding, jobs, health."""
