"""Need-to-know: who may do what on which matter at which instant, and why. Pure; the database enforces the same rule.

    sees(u, m, t, act) = active(u) ∧ session ok ∧ ¬recused(u, m, t) ∧ level(m) ≤ clearance(u) ∧ all compartments(m) held at t
                         ∧ ∃ grant(m, principal ∋ u): act ∈ acts, from ≤ t < to, not revoked, basis not empty
"""
from __future__ import annotations

from xieli.engines.needtoknow.grants import KINDS, GrantRefused, cut_by_posting, end_of, line_offices, new_grant
from xieli.engines.needtoknow.model import (
    Area,
    Body,
    Grant,
    Holder,
    Kin,
    Matter,
    Office,
    Party,
    Person,
    Posting,
    Recusal,
    Session,
    Subject,
    Team,
    TeamMember,
    World,
)
from xieli.engines.needtoknow.recusals import Ground, automatic_recusals, barred
from xieli.engines.needtoknow.rule import Standing, allows, sees, sees_all, standing
from xieli.engines.needtoknow.why import Reason, why

__all__ = [
    "KINDS", "Area", "Body", "Grant", "GrantRefused", "Ground", "Holder", "Kin", "Matter", "Office", "Party", "Person", "Posting",
    "Reason", "Recusal", "Session", "Standing", "Subject", "Team", "TeamMember", "World", "allows", "automatic_recusals", "barred",
    "cut_by_posting", "end_of", "line_offices", "new_grant", "sees", "sees_all", "standing", "why",
]
