"""The kernel: matters, their stages, clocks, approvals, hand-overs, feedback, facts."""
