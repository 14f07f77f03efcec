"""Composition templates of groups: slots with how many, of what kind, and a check that says in words what is missing.

    templates = load_templates({"a.yaml": text})     # TemplateError names file and code
    problems = check(templates["1+2+1+X"], seats)     # [] means the group is valid

A group is valid only when its slots are filled (DESIGN.md §3); "双" means something else each time, so it is always slots, never a flag.
"""
from .check import Problem, Seat, check
from .load import Slot, Template, TemplateError, load_templates

__all__ = ["Problem", "Seat", "Slot", "Template", "TemplateError", "check", "load_templates"]
