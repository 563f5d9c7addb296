"""What method bodies mean: the static type of every expression, and what each statement may do."""
