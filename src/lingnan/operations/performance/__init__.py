"""Performance: the plan's six indicators, computed from events and never typed in.

Plan 七（三）2. Owns the facts it keeps of items and cases (each written by subscriptions, so that
they can be rebuilt from events), and the frozen monthly snapshots. Reads everything below; nothing
imports it.
"""
