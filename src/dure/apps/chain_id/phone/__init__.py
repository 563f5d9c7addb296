"""What a person carries: key, certificate, and the answer to a sign-in (figure 7 of the report).

| module | what it is |
|---|---|
| `wallet` | the file with certificate and addresses |
| `answering` | applying, signing in, looking at one's history |
| `web` | the pages, on this device alone |
"""
