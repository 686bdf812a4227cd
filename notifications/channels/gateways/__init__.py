"""Gateways for SMS and calls: each described as data, tried in the order of their file, each with a deadline."""
