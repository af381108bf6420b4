"""Experiments: metrics, splits, studies."""
