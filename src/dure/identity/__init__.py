"""Who somebody is: signing keys and their files, and the certificates that nodes show."""
