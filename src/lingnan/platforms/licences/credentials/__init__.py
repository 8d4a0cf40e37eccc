"""Open credentials: the same licence in a wallet of the holder's choice, and shown out of one.

Plan 五（二）2. A licence is issued as SD-JWT VC over OpenID4VCI 1.0 and asked for over OpenID4VP
1.0; verifiers everywhere read its standing from a Token Status List. Signed on P-256, because
wallets of the world read no SM2; the sealed licence stays what it is, and a credential says no more
than the licence does today.

The tables are `models/credential.py`; pages and protocol endpoints are in `views/`.
"""
