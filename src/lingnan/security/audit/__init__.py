"""Audit: who did what, to which object, when, from where, with what outcome (审计).

Plan 七（一）; GB/T 22239-2019 level 3, 8.1.4.3; 网络安全法 21(3): kept at least six months.
A service calls `record(...)` inside its own transaction: one INSERT, authenticated with HMAC-SM3.
Writers never wait for one another: the chain that ties the records together is laid afterwards by
a sealing job, in the order of sealing, so that a record committed late is chained late and leaves
no gap. The head of the chain is written to a file outside the database. `lingnan audit verify`
finds changed, missing and added records and a tail cut off.

An officer's reading of what is about a person or a firm is an act as well (`record_look`), once
for each officer, thing and hour, and whoever it is about can find it (`queries.looks_at`).

Owns: Entry, Look, Block.
"""
