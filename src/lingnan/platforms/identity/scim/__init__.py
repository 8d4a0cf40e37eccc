"""SCIM 2.0: personnel systems keep the accounts and groups of an agency's officers.

Plan 五（一）2（1）: civil servants come, change and leave where their agency keeps its personnel
records, and here at the same moment. A registered client with scope `scim` reaches the agency that
owns it and those below. Tables in `identity.models.scim`; shapes, filters and patches by
scim2-models. Source: RFC 7643, RFC 7644.
"""
