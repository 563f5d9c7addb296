"""The contracts: records and consents, shared sets, and care."""
