"""The guides of docs/ inside the admin: each role reads its own, in Albanian and in English."""
