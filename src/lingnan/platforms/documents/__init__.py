"""Documents: files and rendered papers, the one place for both (Plan 五（八）, other support).

Owns stored files: contents addressed by their SM3 digest in a folder or an S3 bucket, equal ones
kept once, and one row per use that says whose it is. Who may read a file its owner's module decides
(`types.register_owner`). Checks what people upload by its content. Renders notices, receipts and
licence faces from one page description as PDF (through Typst) and as OFD (GB/T 33190-2016, a
writer of our own), and reads OFD that others made. Signing is not here: `licences` adds the
signature parts to an `OfdPackage`.
"""
