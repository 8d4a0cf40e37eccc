"""Pages of licences, by whom they are for."""
