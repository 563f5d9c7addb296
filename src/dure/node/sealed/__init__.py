"""Sealed data at a keeper's node: files and keys, who is given them, and their end.

```
routes of the API ── Desk ── Store ── Shelf (a folder, or an S3 bucket)
                      │        └──── keys, apart from files
a task of the node ── Keeping: fetches, confirms, destroys, as the chain says
```
"""
