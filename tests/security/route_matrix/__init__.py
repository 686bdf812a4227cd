"""The route matrix: every address of the service, who may use it by which method, and what was written meanwhile."""
