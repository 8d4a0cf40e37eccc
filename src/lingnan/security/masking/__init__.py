"""Masking: how much of a datum a reader sees (脱敏), decided on read by grade, role and purpose.

Plan 七（一）; 个人信息保护法 6 (no more than needed), 51; GB/T 35273-2020. Nothing masked is
stored: the same value is whole for its owner, partly hidden for an officer who compares it, and
hidden where it is published. Pure functions; owns no tables.
"""
