"""The pages of the simulator: trying a procedure on a story, and its scenarios."""
