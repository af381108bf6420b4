"""Articles: from a file to a clean text, its title and its units."""
