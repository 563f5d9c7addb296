"""What lowered contract code calls while it runs.

Guarded, charged, and speaking in our own refusal codes only.
"""
