"""Sealed data: a file that nobody reads without its key, and the key sealed to each reader.

`files` encrypts and opens a file piece by piece, `sealing` seals its data key to one reader,
`requests` signs what is asked of a keeper's node. Specified in `docs/spec/sealed-data.md`, with
known answers in `tests/vectors/sealed.json`.
"""
