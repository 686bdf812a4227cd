"""Asking for an informative session: what schools, municipalities and teachers ask, and what the unit does with it."""
