"""Speed: carestance against the usual ways to classify the same sentences, in one run on one machine."""
