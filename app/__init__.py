"""Headsup tells an academy's success team every morning who is about to leave, and why."""
