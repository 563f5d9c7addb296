"""The operations of the public API, one table, and what is made from it.

Routes, OpenAPI and /docs.
"""
