"""What the chain's own pages say, as data made from the node and the index.

Pages fetch it and templates lay it out; nothing here knows HTML, and words stand here as keys of
the texts.
"""
