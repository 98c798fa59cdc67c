"""Short stories in the style of the bAbI tasks, questions about them, and the sentences that answer them."""
