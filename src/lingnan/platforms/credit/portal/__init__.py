"""Pages of the service portal: what everyone sees, and one's own archive."""
