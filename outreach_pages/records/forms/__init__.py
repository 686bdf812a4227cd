"""Forms of a session: the plan, what happened, who came."""
