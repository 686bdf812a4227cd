"""Two offices that answered for one area when the rule "one each" came: which was right is looked at by people."""
