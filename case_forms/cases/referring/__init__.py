"""A referral to its end: its steps, who may note them and how, what chases one, and the next service."""
