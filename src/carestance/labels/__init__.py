"""Labels: units, annotators, gold, and what can be said of them."""
