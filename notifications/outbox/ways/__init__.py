"""The ways that a notice takes beside e-mail: what is owed along each, sending it, and what comes back."""
