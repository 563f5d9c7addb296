"""Networks on this host: founding them and running their nodes."""
