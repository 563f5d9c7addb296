"""What lowered contract code calls while it runs: guarded, charged, and speaking in our own refusal codes only."""
