"""Frames between the processes: typed, bounded, and never anything else."""

import socket
import struct

import msgspec
import pytest

from grader import channel
from grader.channel import Channel, Closed, Malformed
from grader.wire import Answer, ArraySpec, Pass, Returned, StudentMessage


@pytest.fixture
def pair():
    opened = []

    def make(tick=lambda: None):
        ends = socket.socketpair()
        opened.extend(ends)
        return tuple(Channel(end, StudentMessage, tick) for end in ends)

    yield make
    for end in opened:
        end.close()


def test_a_message_arrives_as_it_was_sent(pair):
    """A message arrives as it was sent."""
    one, other = pair()

    one.send(Answer(stop=True, learning_rate=0.01))

    assert other.receive() == Answer(stop=True, learning_rate=0.01)


def test_arrays_follow_their_message_and_pass_through_a_relay(pair):
    """The bytes of arrays pass from one channel to another untouched."""
    student, front = pair()
    front_out, trainer = pair()
    spec = ArraySpec(dtype="uint16", shape=[3, 1])
    student.send(Pass(arrays=[spec]), [memoryview(b"abcdef")])

    message = front.receive()
    front_out.send(message)
    front.relay(message.arrays, front_out)
    arrived = trainer.receive()
    target = bytearray(6)
    trainer.read_into(memoryview(target))

    assert (arrived, bytes(target)) == (message, b"abcdef")


def test_a_length_beyond_the_bound_is_refused_before_it_is_read(pair):
    """A frame that claims to be huge is refused before anything is allocated for it."""
    one, other = pair()
    one.sock.send(struct.pack(">I", channel.MAX_MESSAGE + 1))

    with pytest.raises(Malformed, match="4,000,001 bytes"):
        other.receive()


@pytest.mark.parametrize(
    "body",
    [
        b"\xc1",
        b"hello",
        msgspec.msgpack.encode({"type": "Load", "source": "", "filename": "", "function": None}),
        msgspec.msgpack.encode({"type": "Answer", "stop": 1}),
        msgspec.msgpack.encode({"type": "Pass", "arrays": [{"dtype": "object", "shape": [1]}]}),
        msgspec.msgpack.encode({"type": "Pass", "arrays": [{"dtype": "uint8", "shape": [-1]}]}),
        b"\x91" * 5000 + b"\x90",
    ],
)
def test_what_is_not_a_message_is_malformed(pair, body):
    """Anything that isn't a student's message, exactly typed, is malformed."""
    one, other = pair()
    one.sock.send(struct.pack(">I", len(body)) + body)

    with pytest.raises(Malformed):
        other.receive()


def test_a_message_that_is_too_long_is_not_sent(pair):
    """The sender is told when its message is over the bound."""
    one, _ = pair()

    with pytest.raises(Malformed, match="at most 4,000,000"):
        one.send(Returned(value="x" * channel.MAX_MESSAGE))


def test_a_closed_end_is_noticed(pair):
    """Reading from a process that is gone says so."""
    one, other = pair()
    one.sock.close()

    with pytest.raises(Closed):
        other.receive()
    with pytest.raises(Closed):
        other.send(Answer())


def test_waiting_can_be_given_up(pair):
    """The tick is called while nothing arrives, and may end the waiting."""

    class Enough(Exception):
        pass

    def tick():
        raise Enough

    one, other = pair(tick)

    with pytest.raises(Enough):
        other.receive()
    with pytest.raises(Enough):
        one.send(Pass(arrays=[]), [memoryview(bytearray(50_000_000))])


def test_bytes_of_an_array_are_counted_from_dtype_and_shape():
    """The front knows how many bytes follow without looking at them."""
    assert ArraySpec(dtype="float32", shape=[60000, 28, 28]).nbytes == 60000 * 28 * 28 * 4
