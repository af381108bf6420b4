"""Training: from label files (and outside stance data) to a model folder."""
