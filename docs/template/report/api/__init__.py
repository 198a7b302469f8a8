"""The renewals report over HTTP."""
