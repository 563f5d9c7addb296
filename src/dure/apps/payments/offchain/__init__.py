"""What happens outside of the chain: messages of ISO 20022, QR codes, digests of phone numbers."""
