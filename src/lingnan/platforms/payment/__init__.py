"""Payment: the non-tax payment platform (Plan 五（三） 非税支付平台).

Owns the catalogue of fees, bills with their 20-digit payment codes, attempts to pay through a
channel, money that arrived, and fiscal receipts. A channel is an adapter over one protocol; the
bank gateway speaks docs/reference/bank-gateway.md, WeChat Pay, Alipay and UnionPay their published
protocols (docs/reference/channels.md); all have a simulator in a process of its own (`lingnan
channel-simulator`). What a channel tells us is believed only when its signature holds, and its
amount is compared, never taken over. Announces bills opened, settled, voided, expired, and surplus
money.

Money is posted to an append-only ledger in double entry, split between levels of government by
rule.

Money goes back by the way it came, after three officers decided; surplus by itself. Receipts are
sealed by `licences` (docs/decisions/0010), booked by whoever pays them out, and reversed in red.

Each channel's day is reconciled three ways, by sets; differences are tickets, and a day closes at
zero or by two officers, which hands the money in to each government's treasury.
"""
