"""`dure bench`: one command a measurement."""

import typer

app = typer.Typer(no_args_is_help=True, help="Measure, on this machine, what Dure can do.")


@app.callback()
def about() -> None:
    """Measure, on this machine, what Dure can do."""
