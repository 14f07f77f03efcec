"""Credentials live in the schema ``door`` (sql/), readable by the door role alone; Django has no model of them."""
