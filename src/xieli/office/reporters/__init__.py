"""Who reported: a store of its own, apart from matters, whose keys no single person and no process of ours holds."""
