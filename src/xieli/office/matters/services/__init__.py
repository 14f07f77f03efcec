"""Services: one transaction each; every caller (screen, API, command, story) comes through here."""
