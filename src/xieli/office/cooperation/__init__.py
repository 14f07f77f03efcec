"""Groups of bodies by composition templates, divisions of towns into areas, coverage of contact rooms, models compared."""
