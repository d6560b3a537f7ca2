"""Frames between the processes: typed, bounded, and never anything else."""

import datetime as dt
import socket
import struct
import threading
import time

import msgspec
import pytest

from grader.protocol import channel
from grader.protocol.arrays import ArraySpec
from grader.protocol.calls import Gave
from grader.protocol.channel import Channel, ChannelClosed, ChannelSilent, MalformedMessage
from grader.protocol.orders import Answer, Pass
from grader.protocol.wire import Returned, StudentMessage


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
    front.relay_arrays(message.arrays, front_out)
    arrived = trainer.receive()
    target = bytearray(6)
    trainer.read_into(memoryview(target))

    assert (arrived, bytes(target)) == (message, b"abcdef")


def test_a_length_beyond_the_bound_is_refused_before_it_is_read(pair):
    """A frame that claims to be huge is refused before anything is allocated for it."""
    one, other = pair()
    one.sock.send(struct.pack(">I", channel.MAX_MESSAGE_BYTES + 1))

    with pytest.raises(MalformedMessage, match="4,000,001 bytes"):
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

    with pytest.raises(MalformedMessage):
        other.receive()


def test_a_message_that_is_too_long_is_not_sent(pair):
    """The sender is told when its message is over the bound."""
    one, _ = pair()

    with pytest.raises(MalformedMessage, match="at most 4,000,000"):
        one.send(Returned(value="x" * channel.MAX_MESSAGE_BYTES))


def test_a_closed_end_is_noticed(pair):
    """Reading from a process that is gone says so."""
    one, other = pair()
    one.sock.close()

    with pytest.raises(ChannelClosed):
        other.receive()
    with pytest.raises(ChannelClosed):
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


def test_the_clock_is_looked_at_while_messages_pour_in(pair):
    """A side that never lets the other one wait can't keep it from giving up."""

    class Enough(Exception):
        pass

    def give_up():
        raise Enough

    one, other = pair()
    other.tick = give_up
    body = msgspec.msgpack.encode({"type": "Remark", "note": {"line": 1, "message": "x"}})
    flood = (struct.pack(">I", len(body)) + body) * 100
    end = time.monotonic() + 60

    with pytest.raises(Enough):
        while time.monotonic() < end:
            one._write_bytes(flood)
            for _ in range(100):
                other.receive()


@pytest.mark.parametrize(
    "value",
    [
        b"bytes",
        msgspec.msgpack.Ext(5, b"x"),
        {1: "a number for a key"},
        {"inner": [b"bytes"]},
        dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
    ],
)
def test_a_returned_value_is_plain_data(pair, value):
    """Bytes, extension types, times and keys that aren't text never get beyond the border."""
    one, other = pair()
    body = msgspec.msgpack.encode({"type": "Returned", "value": value})
    one.sock.send(struct.pack(">I", len(body)) + body)

    with pytest.raises(MalformedMessage):
        other.receive()


def test_a_key_that_is_a_list_is_malformed(pair):
    """A mapping with a list for a key is refused like all else that no message holds."""
    one, other = pair()
    body = b"\x82\xa4type\xa8Returned\xa5value\x81\x91\x90\x01"
    one.sock.send(struct.pack(">I", len(body)) + body)

    with pytest.raises(MalformedMessage):
        other.receive()


def test_a_returned_value_nested_without_end_is_malformed(pair):
    """What would break those who walk through it later stops at the border."""
    one, other = pair()
    body = b"\x82\xa4type\xa8Returned\xa5value" + b"\x91" * 50 + b"\x90"
    one.sock.send(struct.pack(">I", len(body)) + body)

    with pytest.raises(MalformedMessage, match="nested more than 20 deep"):
        other.receive()


def test_a_returned_value_of_millions_is_malformed(pair):
    """A byte each on the line would be a hundred in memory, and as many in each report."""
    one, other = pair()
    body = b"\x82\xa4type\xa8Returned\xa5value\xdc\xff\xff" + b"\x93\x80\x80\x80" * 65_535
    one.sock.setblocking(True)
    one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1_000_000)
    sender = threading.Thread(target=one.sock.sendall, args=(struct.pack(">I", len(body)) + body,))
    sender.start()

    with pytest.raises(MalformedMessage, match="more than 200,000 values"):
        other.receive()
    sender.join()


@pytest.mark.parametrize(
    "message",
    [
        {"type": "Crashed", "message": "A" * 20_001},
        {"type": "Probed", "stopped": [1] * 2001},
        {"type": "Crashed", "message": "boom", "line": 10**15},
        {"type": "Crashed", "message": "boom", "line": -5},
        {"type": "Unsupported", "message": "A" * 20_001},
        {"type": "Remark", "note": {"line": 1, "message": "A" * 2001}},
        {"type": "Remark", "note": {"line": -1, "message": "A"}},
        {"type": "Probed", "stopped": [], "error": "A" * 20_001},
        {"type": "Probed", "stopped": [-1]},
    ],
)
def test_texts_and_places_are_bounded(pair, message):
    """Nothing endless and no impossible line gets into a report."""
    one, other = pair()
    body = msgspec.msgpack.encode(message)
    one.sock.send(struct.pack(">I", len(body)) + body)

    with pytest.raises(MalformedMessage):
        other.receive()


def test_patience_is_with_each_silence_and_not_with_a_whole_message(pair):
    """Whoever sends or takes something now and then is heard out; who is there and does neither is silent."""
    one, other = pair()
    other.patience_s = 0.15
    body = msgspec.msgpack.encode(Answer())
    pieces = [struct.pack(">I", len(body)), body[:2], body[2:4], body[4:]]
    thread = threading.Thread(target=lambda: [time.sleep(0.08) or one.sock.send(piece) for piece in pieces])
    thread.start()

    assert other.receive() == Answer()
    thread.join()
    assert other.measure_wait_s() == 0.0
    with pytest.raises(ChannelSilent):
        other.receive()
    assert 0.15 < other.measure_wait_s() < 5.0
    with pytest.raises(ChannelSilent):
        other.send(Returned(value=1), [bytes(50_000_000)])


ENDLESS = [
    (Pass, {"type": "Pass", "arrays": [{"dtype": "uint8", "shape": [0, 10**9, 10**9, 10**9]}]}, "an array of the shape"),
    (Gave, {"type": "Gave", "value": 1, "changed": [-9]}, "Expected `int` >= 0"),
    (Gave, {"type": "Gave", "value": {"a": [dt.datetime(2020, 1, 1, tzinfo=dt.UTC)]}}, "a value of the type Timestamp|datetime"),
]


@pytest.mark.parametrize(("kind", "message", "said"), ENDLESS, ids=["sides", "places", "values"])
def test_what_no_machine_could_hold_is_malformed(kind, message, said):
    """An empty array of endless sides, a place before the first argument, or a value that isn't plain goes no further."""
    ours, theirs = socket.socketpair()
    body = msgspec.msgpack.encode(message)
    with ours, theirs:
        theirs.sendall(struct.pack(">I", len(body)) + body)

        with pytest.raises(MalformedMessage, match=said):
            Channel(ours, kind).receive()


def test_an_answer_nested_without_end_is_malformed():
    """What the referee would have to open level by level is told by its depth."""
    ours, theirs = socket.socketpair()
    deep = msgspec.msgpack.encode({"type": "Gave"})
    body = b"\x82" + deep[1:] + msgspec.msgpack.encode("value") + b"\x91" * 400 + b"\x01"
    with ours, theirs:
        theirs.sendall(struct.pack(">I", len(body)) + body)

        with pytest.raises(MalformedMessage, match="nested"):
            Channel(ours, Gave).receive()
