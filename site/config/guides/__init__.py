"""The guides of docs/, inside the admin: for each role its own, in Albanian and in English."""
