"""The pages and protocol addresses of single sign-on."""
