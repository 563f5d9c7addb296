"""`dure node reload-peers`: have a running node read its peers file again."""

import msgspec

from dure.cli.operating.admin import OwnNode, ask_admin
from dure.cli.output import JsonOption, out, print_json


def reload_peers(configuration: OwnNode, *, json: JsonOption = False) -> None:
    """Have a running node read its peers file again, without a restart.

    It lets new nodes in and cuts off those that are gone from the file; a file that cannot be used
    changes nothing.

    Example: dure node reload-peers my-network/insurer/node.toml
    """
    answer = msgspec.json.decode(ask_admin(configuration, "/v1/admin/peers"), type=dict[str, str])
    if json:
        print_json(answer)
    else:
        out.print(answer["done"], highlight=False)
