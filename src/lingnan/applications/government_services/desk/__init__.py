"""The officers' pages: a case decided on one page, the list of cases, one window, bad ratings.

Plan 四（七）: one window receives, the agencies decide. These pages own no data and no rule: they
read the case file, offer the outcomes that the process names, and call the services; a refusal
shows on the page where it happened, with everything that was typed.
"""
