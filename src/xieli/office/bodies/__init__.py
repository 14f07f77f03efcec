"""Register of bodies with two command lines, rooms, offices and areas; every fact dated."""
