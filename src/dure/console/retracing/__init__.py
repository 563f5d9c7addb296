"""What a stored transaction did, found out by executing the chain again in a process of its own.

| module | idea |
|---|---|
| `messages` | what the two processes say to each other |
| `asking` | the node's side: hands the blocks over, waits with bounds, keeps what was found |
| `child` | the process: believes nothing, executes from the genesis on, answers once |
"""

from dure.console.retracing.asking import Retracer

__all__ = ["Retracer"]
