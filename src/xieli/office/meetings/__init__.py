"""Meeting series as real state: who convenes next, which slot passed without a meeting, what is still open."""
