"""Reads the platform's own Postgres: who subscribes, and what became of it."""
