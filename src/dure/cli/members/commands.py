"""`dure member`: the commands together."""

import typer

from dure.cli.members import certificates, registry

app = typer.Typer(
    no_args_is_help=True,
    help="Certificates of an organisation, and what the chain knows of its members.",
)
app.command("authority")(certificates.authority)
app.command("token")(certificates.token)
app.command("request")(certificates.request)
app.command("enrol")(certificates.enrol_holder)
app.command("install")(certificates.install)
app.command("renew")(certificates.renew_node)
app.command("list")(certificates.list_certificates)
app.command("publish")(registry.publish)
app.command("revoke")(registry.revoke)
app.command("give-role")(registry.give_role)
app.command("take-role")(registry.take_role)
app.command("add-device")(registry.add_device)
app.command("remove-device")(registry.remove_device)
app.command("show")(registry.show)
