"""Ways to prove who one is that need someone outside, one file each."""
