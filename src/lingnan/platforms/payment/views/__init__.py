"""Pages of payment, by whom they are for."""
