"""Legal review: which sentences speak of the law, what they rest on, and whether a lawyer has read them."""
