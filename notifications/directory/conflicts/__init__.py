"""Two offices that answered for one area when the rule "one each" came: people check which one was right."""
