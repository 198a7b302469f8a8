"""Whether the service is well, for whoever looks after it; no key is needed."""
