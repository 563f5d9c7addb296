"""An engine's messages at the driver's door: checked where they are needed, else dropped."""

from dure.core.codec import decode, encode
from dure.core.types import PublicKey
from dure.node import messages
from dure.testing.simulation.network import Simulation
from tests.unit.node.test_driver import settle, violations


def spoil_engine_messages(simulation: Simulation) -> list[bytes]:
    """Decide a block; return what was said for it, each with a signature that is none."""
    frames: list[bytes] = []
    carry = simulation.links.carry

    def listen(source: PublicKey, target: PublicKey, data: bytes) -> None:
        frames.append(data)
        carry(source, target, data)

    simulation.links.carry = listen  # type: ignore[method-assign]  # listens on the link
    settle(simulation, simulation.transfer())
    engine_frames = [
        message
        for message in (decode(messages.PeerMessage, frame) for frame in frames)
        if isinstance(message, messages.EngineMessage)
    ]
    engine = simulation.get_driver(0).engine
    spoilt: list[bytes] = []
    for message in engine_frames:
        *_, (_, _, signature) = engine.collect_signatures(engine.decode_message(message.data))
        broken = message.data.replace(signature, bytes(64))
        spoilt.append(encode(messages.EngineMessage(data=broken)))
    return spoilt


def test_one_with_a_wrong_signature_is_a_violation() -> None:
    spoilt = spoil_engine_messages(Simulation(10))
    simulation = Simulation(10)
    for frame in spoilt:
        simulation.get_driver(0).on_frame(simulation.nodes[1].key.public, frame)
    assert violations(simulation, 0)
    settle(simulation, simulation.transfer())


def test_one_of_a_finished_height_is_dropped_unchecked() -> None:
    simulation = Simulation(10)
    for frame in spoil_engine_messages(simulation):
        simulation.get_driver(0).on_frame(simulation.nodes[1].key.public, frame)
    assert not violations(simulation, 0)
    settle(simulation, simulation.transfer())
