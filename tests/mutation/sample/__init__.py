"""A tiny module with tests of which some notice what is wrong: what the mutation leg itself is tried on."""
