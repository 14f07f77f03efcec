"""Importing ledgers as clerks keep them: read in a child process, find the header, grade each row, post in one transaction.

    received = accepted + refused + sealed

A row about the body's own head or its superior's leadership is sealed: it is counted and nothing of it is kept.
"""
