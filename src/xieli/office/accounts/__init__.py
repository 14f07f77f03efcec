"""Sign-in: credentials that only the door process reads."""
