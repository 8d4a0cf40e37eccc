"""Our own statements and prepared queries, on the tables of modules above the kernel."""
