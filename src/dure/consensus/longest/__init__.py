"""What proof of work and proof of stake share: many branches, and one that weighs most."""
