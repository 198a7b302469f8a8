"""What the readers of every report need: a selection of days, list pages, streams and summaries."""
