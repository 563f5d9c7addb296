"""A contract in plain words, for the people whom it binds.

`explain` reads the checked source, never running any of it, and returns an `Agreement`: who takes
part, what each may do, on which conditions, what moves, what happens by itself. `render` writes it
in English or Korean. The same source gives the same words.

| module | does |
|---|---|
| `model` | the agreement as data: clauses made of phrases, in no language |
| `expressions` | what an expression says, as a phrase |
| `conduct` | what a method requires and does, its helpers included |
| `parties` | who takes part, and how one becomes it |
| `reading` | puts the agreement together |
| `english`, `korean` | one table of sentences each |
| `rendering` | the layout that both share |
"""

from dure.contract.agreement.model import Agreement, LanguageCode
from dure.contract.agreement.reading import explain
from dure.contract.agreement.rendering import render

__all__ = ["Agreement", "LanguageCode", "explain", "render"]
