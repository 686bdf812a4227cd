"""Who may know what of a case, and on what basis: the ledger of consents, and the one gate for sharing."""
