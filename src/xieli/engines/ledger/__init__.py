"""The ledger of acts as pure functions: canonical bytes, typed events, the hash tree, seals, witnesses, exports and their verifier.

    register(verb, fields, zh=…, en=…)      add a kind of act to the closed list
    compose(...) / read(canon)               the envelope of one act and back
    leaf_hash, CompactRange, inclusion_proof, consistency_proof, verify_inclusion, verify_consistency
    commit / opens                           salted commitments for personal parts
    seal.make / seal.parse, page.page        seals, the printed daily page
    export.write, export.receipt             what can be checked outside
    verify                                   the stand-alone verifier (one file, standard library only)
"""
from xieli.engines.ledger.canonical import NotCanonical, dumps, loads
from xieli.engines.ledger.commitment import commit, opens
from xieli.engines.ledger.event import Actor, compose, read
from xieli.engines.ledger.registry import REGISTRY, Refused, Registry, Verb, register
from xieli.engines.ledger.seal import BadSeal, Seal, Signed, key_id, parse
from xieli.engines.ledger.tree import (
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "REGISTRY", "Actor", "BadSeal", "CompactRange", "NotCanonical", "Refused", "Registry", "Seal", "Signed", "Verb", "commit",
    "compose", "consistency_proof", "dumps", "inclusion_proof", "key_id", "leaf_hash", "loads", "opens", "parse", "read", "register",
    "root_of", "verify_consistency", "verify_inclusion",
]
