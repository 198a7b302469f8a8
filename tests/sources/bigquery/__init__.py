"""BigQuery, by the real client over HTTP."""
