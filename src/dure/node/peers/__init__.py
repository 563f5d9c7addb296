"""The network between nodes: frames over mutually authenticated TLS 1.3, one connection per pair.

Rules
-----
1. Who may connect stands in the peers file (`directory`), by the organisation that certifies it or
   by its pinned key, and in the chain's state (`admission`), which is asked again at every head.
   The hello that follows the handshake must name this chain and the validator key listed there.
2. Of each pair, the node with the lower validator key dials, again and again with growing pauses;
   the other one listens. A newer connection of the same peer replaces the older one.
3. Everything is bounded: frames, what waits to be sent, what is received in a second, handshakes
   under way, and the time that one peer can hold the event loop.
4. Sending never waits. A peer that does not read as fast as we write loses its connection, and with
   it what was queued; consensus and catch-up are made for lost messages.
5. A peer that breaks a rule is cut off and stays out for a while. It may come back: the fault may
   have been a version that its operator has replaced since.
"""
