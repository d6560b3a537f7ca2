"""Quiz files with noise: cut, doubled, swapped, with bytes and words of YAML thrown in; the same for the same seed."""

import re

WORDS = [
    b"&a ", b"*a", b"!!python/object/apply:os.system ", b"---\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]",
    b": ", b"- ", b"\n", b"\t", b"? ", b"|\n", b">\n", b"'", b'"', b"null", b"~", b"1e999", b"-1", b"100%", b"kind: multiple",
    b"points: nan", b"id: ", b"correct: [a]", b"<<: ", b"%YAML 1.1\n", b"0x10", b"1:30", b"No", b"\xe2\x80\xae", b"\\u0000",
    b"options: []", b"pools: [{id: p, pick: 1, questions: []}]", b"penalty: 50%", b"time_limit: 0s", b"attempts: 1e9",
]  # fmt: skip


VALUES = [
    b"''", b"nan", b"-1", b"0", b"1e9", b"101%", b"~", b"[]", b"{}", b"[a, b]", b"{a: b}", b"multiple", b"text", b"numeric", b"truefalse",
    b"true", b"No", b"1:30", b"a b", b'"\\u202e"', b"'\xc2\xad'", b"90s", b"net-correct", b"x" * 50, b"5min", b"off", b"!!int 3",
]  # fmt: skip
VALUE = re.compile(rb"(?<=: )[^\n,{}\[\]]+")
NAME = re.compile(rb"[a-z_]+(?=: )")


def mutated(chance, seeds):
    """One input: now and then pure noise, mostly a quiz with one to eight changes."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(200))
    if chance.random() < 0.05:
        return b"".join(chance.choice(WORDS) for _ in range(chance.randrange(40)))
    data = chance.choice(seeds)
    if chance.random() < 0.5:
        # Short ones are quicker, and a change is more likely to matter in them.
        data = b"\n".join(data.split(b"\n")[: chance.randrange(10, 30)])
    change = changed if chance.random() < 0.4 else reworded
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        data = change(chance, data)
    return data


def reworded(chance, data):
    """Another value or key at one place: still YAML, mostly no quiz."""
    places = list((VALUE if chance.random() < 0.8 else NAME).finditer(data))
    if not places:
        return data
    place, other = chance.choice(places), chance.choice(places)
    return data[: place.start()] + chance.choice([chance.choice(VALUES), other[0], b""]) + data[place.end() :]


def changed(chance, data):
    first, second = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    match chance.randrange(7):
        case 0:
            return data[:first] + chance.choice(WORDS) + data[first:]
        case 1:
            return data[:first] + data[min(second, first + chance.randrange(1, 20)) :]
        case 2:
            return data[:first] + data[first:second][:300] * 2 + data[second:]
        case 3:
            return data[:first] + bytes([chance.randrange(256)]) + data[first + 1 :]
        case 4:
            lines = data.split(b"\n")
            chance.shuffle(lines)
            return b"\n".join(lines[:40])
        case 5:
            lines = data.split(b"\n")
            del lines[chance.randrange(len(lines))]
            return b"\n".join(lines)
    return data.replace(b"id: ", chance.choice(WORDS) + b"id: ", 1)
