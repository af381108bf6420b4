"""Stance models: one protocol, a TF-IDF baseline, encoders, calibration, and folders they live in."""
