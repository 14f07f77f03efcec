"""The rows of the seed catalogue, acted through the services: tests/rows.csv says which test serves which row."""
