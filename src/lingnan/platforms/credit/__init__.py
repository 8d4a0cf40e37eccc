"""Credit: the social credit platform (Plan 五（四） 社会信用公共平台).

Owns credit subjects (organisations, individual businesses, natural persons by a blind index), the
sources agencies report from, credit records with their material and formal history, the rules of
publicity by date, rosters and joint measures, objections and repairs, commitments, consents and
reports, evaluations and warnings.

Nothing is published or listed by data alone: publicity follows the rule in force on the date of
the fact and ends by itself; a roster entry exists only by a decision reached in its procedure.
Announces records, repairs, listings and measures. Others ask `queries.standing`.
"""
