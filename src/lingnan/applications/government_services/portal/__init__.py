"""The residents' pages: find a matter, apply for it, follow the case, alone or as one thing.

`filling` is an application being filled in, of one matter or of several; `keeping` carries what was
typed over a sign-in; `places` is the site of a city or county; `words` says states plainly.
Pages read `queries`, write through `services`, and hold no rules.
"""
