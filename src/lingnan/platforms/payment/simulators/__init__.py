"""The other sides of the channels, for tests and the demo: no real money, no database."""
