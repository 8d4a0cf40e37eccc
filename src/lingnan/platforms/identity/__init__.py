"""Identity: one account for everyone, and for whom each act is done.

Plan 五（一）: persons, organisations and officers, the roles officers hold and how far they reach,
mandates between people and firms, accounts with their passwords, second factors and sessions. It
builds the `Actor` of every request; everyone else only receives it.

Owns Person, Organisation, Account, Officer, Role, RoleGrant, Mandate, Session, ApiToken and the
counters that slow down guessing. Real-name proofs come beside these
tables, not into them: `assurance_level` lives on the session, proofs will feed it. Single
sign-on (`sso`) and personnel feeds (`scim`) are parts of their own, with their tables in
`models.sso` and `models.scim`.
"""
