"""协力 Xieli: oversight bodies working as one."""
