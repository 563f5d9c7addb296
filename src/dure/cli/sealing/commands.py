"""`dure seal`: data that only named readers open, kept by the parties' nodes."""

import typer

from dure.cli.sealing.parties import keep, name_key
from dure.cli.sealing.records import erase, get, grant, list_records, put, renew, revoke

app = typer.Typer(
    no_args_is_help=True,
    help="Data that only named readers open: sealed here, kept by the parties' nodes, its digest "
    "and its access list on the chain.",
)

app.command("keep")(keep)
app.command("key")(name_key)
app.command("put")(put)
app.command("renew")(renew)
app.command("grant")(grant)
app.command("revoke")(revoke)
app.command("get")(get)
app.command("list")(list_records)
app.command("erase")(erase)
