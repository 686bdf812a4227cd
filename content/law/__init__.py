"""What the public pages say of the law: which sentences, what they rest on, and whether a lawyer has read them."""
