"""Data sets: described, checked on the way in, catalogued. Received = accepted + quarantined, always."""
