"""OpenID Connect for any web application: sign in with Chain ID.

One institution runs it beside its node. Whoever signs in proves it on the chain and by a
presentation; the web application sees an ordinary OpenID provider.

| module | what it is |
|---|---|
| `settings` | the operator's file: which applications, which register |
| `stores` | what is remembered for minutes: bounded, and forgotten by itself |
| `requests` | what applications ask, read and refused by the standards' rules; pure |
| `tokens` | keys, ID tokens, subjects |
| `desk` | a sign-in from its beginning to its tokens, without HTTP |
| `web` | routes, headers and pages |
"""
