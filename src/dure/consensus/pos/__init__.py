"""Proof of stake: the draw that everybody can check and nobody can foresee."""
