"""What happens outside of the chain: patients are made, records split, sets de-identified."""
