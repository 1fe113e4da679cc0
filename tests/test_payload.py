from __future__ import annotations

import json
from typing import Any

import pytest

from tracing.payload import MAX_DEPTH, Payload, Unreadable, parse


def accepted(value: Any) -> bool:
    """Tell whether jsonb would take *value*, by the rules of its documentation."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    text.encode("utf-8")  # raises at a lone surrogate
    return "\\u0000" not in text


def nested(depth: int, inner: str = "1") -> bytes:
    """Return an object of *depth* levels."""
    return ('{"a":' * depth + inner + "}" * depth).encode()


def test_an_ordinary_payload_is_what_json_says() -> None:
    """Nothing is changed or counted in a payload that jsonb accepts."""
    value = {"tool": "Bash", "n": [1, -2.5, True, None], "text": "naïve 🐍 \\u0000 \n", "": {}}
    assert parse(json.dumps(value).encode()) == Payload(value, 0)
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == Payload(value, 0)


def test_a_byte_order_mark_is_tolerated() -> None:
    """A BOM before the object is skipped, and counted in the position of an error."""
    assert parse(b'\xef\xbb\xbf{"a": 1}').value == {"a": 1}
    with pytest.raises(Unreadable, match=r"^not JSON at byte 9: Expecting value$"):
        parse(b'\xef\xbb\xbf{"a": x}')


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b'{"secret": "\xff"}', "not UTF-8 at byte 12"),
        (b"\xef\xbb\xbf{\xff", "not UTF-8 at byte 4"),
        (b'{"a": hunter2}', "not JSON at byte 6: Expecting value"),
        ('{"é": hunter2}'.encode(), "not JSON at byte 7: Expecting value"),
        (b'{"a": 1} hunter2', "not JSON at byte 9: Extra data"),
        (b"[1]", "a JSON array, not an object"),
        (b'"hunter2"', "a JSON string, not an object"),
        (b"12", "a JSON number, not an object"),
        (b"true", "a JSON boolean, not an object"),
        (b"null", "a JSON null, not an object"),
    ],
)
def test_what_is_not_an_object_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    """The reason names the place and nothing of the content."""
    with pytest.raises(Unreadable) as error:
        parse(data)
    assert str(error.value) == reason


def test_nul_becomes_the_replacement_character() -> None:
    r"""`\u0000` in a string or a key is replaced by U+FFFD and counted; an escaped backslash before u0000 is text."""
    assert parse(rb'{"a\u0000": ["x\u0000y\u0000"]}') == Payload({"a\ufffd": ["x\ufffdy\ufffd"]}, 3)
    assert parse(rb'{"a": "\\u0000"}') == Payload({"a": "\\u0000"}, 0)


def test_lone_surrogates_become_the_replacement_character() -> None:
    """Half a pair is replaced; a whole pair is the character it stands for."""
    assert parse(rb'{"a": "\ud83d", "b": "\uDE00x", "c": "\ud83d\ude00"}') == Payload(
        {"a": "\ufffd", "b": "\ufffdx", "c": "😀"}, 2
    )


def test_keys_that_become_equal_keep_both_values() -> None:
    """A replaced key gets a suffix rather than hide another value; an unchanged key keeps its name."""
    value = parse('{"a\\u0000": 1, "a\\ud800": 2, "a\ufffd": 3, "a\ufffd~2": 4}'.encode()).value
    assert value == {"a\ufffd~3": 1, "a\ufffd~4": 2, "a\ufffd": 3, "a\ufffd~2": 4}


def test_many_keys_that_become_equal_are_all_kept() -> None:
    """Ten thousand colliding keys cost no more than their number."""
    halves = str.maketrans({"0": r"\ud800", "1": r"\ud801"})
    keys = ['"' + format(n, "014b").translate(halves) + f'": {n}' for n in range(10_000)]
    value = parse(("{" + ",".join(keys) + "}").encode()).value
    assert sorted(value.values()) == list(range(10_000))


def test_of_a_key_given_twice_the_last_value_wins() -> None:
    """As in Python and in jsonb."""
    assert parse(b'{"a": 1, "a": 2}').value == {"a": 2}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999999", "-1e999999"])
def test_a_number_out_of_range_becomes_a_mark(number: str) -> None:
    """The mark shows the number."""
    expected = {"a": [f"[hooktrace: number out of range: {number}]"]}
    assert parse(f'{{"a": [{number}]}}'.encode()) == Payload(expected, 1)


def test_an_integer_of_more_than_a_thousand_digits_becomes_a_mark() -> None:
    """1,000 digits are kept exactly; of more, 40 characters are shown. Python itself fails at 4,301."""
    kept = "-" + "7" * 1000
    assert parse(f'{{"a": {kept}}}'.encode()).value == {"a": int(kept)}
    for digits in (1001, 5000, 1_000_000):
        payload = parse(b'{"a": ' + b"7" * digits + b"}")
        assert payload == Payload({"a": f"[hooktrace: number out of range: {'7' * 40}…]"}, 1)


def test_a_hundred_levels_are_kept() -> None:
    """The deepest value that is kept whole has MAX_DEPTH levels."""
    assert parse(nested(MAX_DEPTH)) == Payload(json.loads(nested(MAX_DEPTH)), 0)


def test_what_lies_deeper_becomes_a_mark_with_its_size() -> None:
    """The size is in bytes of the payload; brackets and quotes in strings are not structure."""
    deep = '{"é": "]}\\"[{"}'
    value: Any = parse(nested(MAX_DEPTH, deep)).value
    for _ in range(MAX_DEPTH):
        value = value["a"]
    assert value == f"[hooktrace: nested deeper than 100 levels, {len(deep.encode())} bytes]"


@pytest.mark.parametrize("depth", [101, 900, 3000, 10_000, 1_000_000])
def test_any_depth_is_read(depth: int) -> None:
    """Neither Python's parser nor a walk of ours recurses without bound."""
    payload = parse(b'{"keep": "me", "a":' + b"[" * depth + b"]" * depth + b', "last": 1}')
    assert payload.replaced == 1
    assert (payload.value["keep"], payload.value["last"]) == ("me", 1)
    assert accepted(payload.value)


def test_several_deep_subtrees_are_each_marked() -> None:
    """Each is counted, together with what was replaced beside them."""
    deep = "[" * 200 + "]" * 200
    payload = parse(f'{{"a": {deep}, "b": [{deep}], "c": NaN, "d": "\\u0000"}}'.encode())
    assert payload.replaced == 4


def test_an_error_behind_a_deep_subtree_has_its_true_position() -> None:
    """The position is that of the payload, not of the trimmed text."""
    data = b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b', "b": x}'
    with pytest.raises(Unreadable, match=rf"^not JSON at byte {data.index(b'x')}: Expecting value$"):
        parse(data)


def test_a_deep_payload_that_breaks_off_is_refused() -> None:
    """Nothing was closed, so nothing tells where the subtree ends."""
    with pytest.raises(Unreadable, match=r"^not JSON at byte 1000005: Unfinished$"):
        parse(b'{"a":' + b"[" * 1_000_000)


def test_everything_that_hurts_at_once_is_accepted() -> None:
    """The result of any replacement is a value for jsonb."""
    data = rb'{"\u0000": [NaN, 1e999, "\ud800\u0000"], "a": {"\udfff": -Infinity}}'
    payload = parse(data)
    assert accepted(payload.value)
    assert payload.replaced == 7
