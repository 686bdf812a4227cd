"""The keys of the stored data: made for it, public with it, and used for nothing else."""

KEYS = {
    "SECRET_KEY": "stored-data-of-landed-schemas-holds-nothing-of-anybody-0001",
    "VAULT_KEYS": "stored:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "AUDIT_KEYS": "stored:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
}
