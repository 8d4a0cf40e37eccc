"""The developers' face: how to begin, the reference of the API, errors, events, health.

Everything on these pages is read from the running code: the OpenAPI document, the refusals, the
events. Nothing is written twice, so nothing can go stale.
"""
