"""The doors to what does the cryptography."""
