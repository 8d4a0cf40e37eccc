"""Single sign-on: other systems learn from us who someone is, and we learn it from theirs.

Plan 五（一）2（3）: one sign-in for every system of the province. An OpenID Connect provider (codes
with PKCE, devices, refresh, sign-out everywhere), the register of programs that may use it with
their review, and what people agreed to. Authlib speaks the protocol; what may be said to whom, and
until when, is decided here, against the tables in `identity.models.sso`.
"""
