"""Turns a checked contract class into plain Python functions over the runtime.

`charges` counts gas on the source tree, `widths` finds where integer guards can be left out,
`expressions` and `statements` lower, `program` puts a contract together. Names that the compiler
makes begin with `$`, which no source can spell. Nothing that is left looks an attribute up by a
name of the author's, except the fields of records.
"""
