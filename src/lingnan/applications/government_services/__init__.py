"""Government services: a case from the first draft to the delivered result, and its rating.

Plan 四（七） 政务服务: residents and firms apply for a published item, a clerk of one window
accepts for many agencies, agencies decide together inside the legal clock, notices are sealed, the
applicant rates.

Owns: drafts, cases with their materials, corrections, notices, decisions, inspections, deliveries,
ratings; joint cases (一件事) with their themes; bars on applicants; case number counters.
Leans on: matters (what is applied for), workflow (who does what until when), documents, licences,
payment, messaging, identity. It tells the layers above by events.

A case is driven by its process: officers complete tasks, the process calls back the actions in
`subscriptions.py`, and those are the only places where a case changes its state.
"""
