"""What people fill in about a session, in Django forms: the plan, what happened, who came."""
