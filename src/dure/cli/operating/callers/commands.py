"""`dure access` with its two groups."""

import typer

from dure.cli.operating.callers.log import show_log, verify_log
from dure.cli.operating.callers.tokens import create_token, list_tokens, revoke_token

app = typer.Typer(
    no_args_is_help=True, help="Say who may ask what of a node, and see who did what to it."
)
tokens = typer.Typer(no_args_is_help=True, help="Give out, list and revoke callers' tokens.")
audit = typer.Typer(no_args_is_help=True, help="Read and check a node's log of administration.")

tokens.command("create")(create_token)
tokens.command("list")(list_tokens)
tokens.command("revoke")(revoke_token)
audit.command("show")(show_log)
audit.command("verify")(verify_log)
app.add_typer(tokens, name="token")
app.add_typer(audit, name="audit")


@app.callback()
def about() -> None:
    """Say who may ask what of a node, and see who did what to it."""
