"""The web server of `make dev`: a start goes on from where changed code had not been read yet.

Never for real cases (docs/adr/0246).
"""
