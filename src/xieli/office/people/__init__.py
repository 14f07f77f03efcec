"""Persons, their postings, kin and skills, and the teams they join."""
