"""Kernel: mechanism without domain.

Records, refusals, actors, events, jobs, locks, the clock, money, pages of rows, and what every page
and every API answer is made with. Knows nothing of government; everything else stands on it.
Owns three tables: the outbox, its deliveries, and idempotency keys.
"""
