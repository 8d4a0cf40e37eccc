"""Crypto: national cryptography for everyone (国密): SM2, SM3, SM4, keys and certificates.

Plan 七（一）, GB/T 39786-2021. Others ask for a *purpose* ("identity.document_number") or a key id
and never hold a key. Keys rest wrapped under the master key; the id of the key is written into
every ciphertext, so keys can be rotated while old data stays readable. The cryptography itself
is behind a port (`adapters/base.py`): software by default, a certified device later.

Keys on P-256 (`p256.py`) stand beside them for what the rest of the world reads: credentials in
wallets and signatures of PDF.

Owns: Key, Certificate, RevocationList. The certificate authority made here is a test authority and
says so in every subject name; production gets its certificates from a licensed authority.
"""
