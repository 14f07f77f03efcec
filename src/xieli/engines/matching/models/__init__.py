"""Models: one folder each, a contract by meaning, SQL, an explanation, known innocent causes and tests."""
