"""One module per group of tables; models.py collects them for Django."""
