"""Django apps: tables, services (one transaction each), queries."""
