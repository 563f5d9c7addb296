"""What the API says: the shapes of its answers, and how they are made from the ledger's values.

Everywhere: bytes are hexadecimal in small letters, addresses Bech32m, times milliseconds since
1970, and an integer above 2⁵³-1 is its decimal digits as text (the rules of
`dure.proof.json_form`).
"""
