"""Who may approve, relative to the handling body: codes of the vocabulary ``approvers``.

"The next level" is named by the caller, not computed from rank: a district of a directly-administered city answers to a
commission of provincial rank, a county elsewhere to one of prefectural rank.
"""
from __future__ import annotations

OWN = ("room_head", "deputy_leader", "own_head", "own_collective")
ABOVE = ("next_level", "provincial", "national")


def satisfies(required: str, given: str, rank: str = "") -> bool:
    """Whether an approval by ``given`` meets ``required`` for a body of ``rank`` (national, province, prefecture, county).

    A higher level always meets a demand on the own body. An absolute level meets "the next level" only where the body's
    rank is known to lie below it; unknown rank is read strictly.
    """
    if not given:
        return False
    if given == required:
        return True
    if required in OWN:
        return given in ABOVE or (given in OWN and OWN.index(given) >= OWN.index(required))
    if required == "next_level":
        if given == "national":
            return True
        if rank == "national":
            return given == "own_collective"
        return given == "provincial" and rank in ("prefecture", "county")
    if required == "provincial":
        if given == "national":
            return True
        if given == "next_level":
            return rank in ("prefecture", "province")
        return given in ("own_head", "own_collective") and rank in ("province", "national")
    if required == "national":
        return (given == "own_collective" and rank == "national") or (given == "next_level" and rank == "province")
    return False
