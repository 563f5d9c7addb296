"""A contract in plain words, for the people whom it binds.

`explain` reads the checked source, never running any of it, and returns an `Agreement`: who takes
part, what each may do, on which conditions, what moves, what happens by itself. `render` writes it
in English or Korean, `lay_out` gives the same page as blocks. The same source gives the same words.

| module | does |
|---|---|
| `model` | the agreement as data: clauses made of phrases, in no language |
| `tables` | which phrase stands for which operator, function and name |
| `expressions` | what an expression says, as a phrase |
| `conduct` | what a method requires and does, its helpers included |
| `parties` | who takes part, and how one becomes it |
| `reading` | puts the agreement together |
| `english`, `korean` | one table of sentences each |
| `texts` | what the author calls names: the texts at the end of a file |
| `voice` | says a phrase in one language |
| `rendering` | the layout that both share |
"""

from dure.contract.agreement.model import Agreement, LanguageCode
from dure.contract.agreement.reading import explain
from dure.contract.agreement.rendering import Block, lay_out, render

__all__ = ["Agreement", "Block", "LanguageCode", "explain", "lay_out", "render"]
