"""Need-to-know: grants, recusals, compartments, sessions, and the policies that enforce them."""
