"""How institutions answer: how soon, how often not, by quarter, from the record that nobody can change unseen."""
