"""A modelled market: figures that are functions of a name and a time, and that agree with each other.

`universe` lists coins, exchanges and instruments. `noise` draws figures, `path` makes figures that wander, of which
`prices` are the first; `flows` are amounts that happen in time, and `shares` divide both among pairs. `registry` maps
each endpoint to its model. No figure is of a real market.
"""
