"""`dure contract`: write a contract, put it on a chain, call it, read it."""

import typer

from dure.cli.contracts import call, deploy, source, start, stop, trace, upgrade, view
from dure.cli.contracts.authoring import check, client, explain, gas, interface, new

app = typer.Typer(
    no_args_is_help=True, help="Write, check, explain, deploy, call and read contracts."
)

app.command("new")(new.begin)
app.command("check")(check.check_files)
app.command("explain")(explain.explain)
app.command("interface")(interface.interface)
app.command("client")(client.client)
app.command("gas")(gas.gas)
app.command("deploy")(deploy.deploy)
app.command("upgrade")(upgrade.upgrade)
app.command("stop")(stop.stop)
app.command("start")(start.start)
app.command("source")(source.source)
app.command("call")(call.call)
app.command("view")(view.view)
app.command("trace")(trace.trace)
