"""Tagging: from articles to rows, and from rows to files."""
