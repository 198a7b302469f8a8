"""Measures what Headsup claims, each figure beside its reference in the same run."""
