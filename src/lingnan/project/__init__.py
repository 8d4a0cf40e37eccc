"""Project: puts the house together. Configuration, settings, addresses, processes, commands.

Knows everyone, rules nothing, owns no data.
"""
