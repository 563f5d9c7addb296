"""`python -m dure` is the command `dure`."""

from dure.cli.main import main

main()
