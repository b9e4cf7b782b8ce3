from typing import ClassVar

import pytest

from emu.record import field, record, replace


@record
class Point:
    """A value."""

    axes: ClassVar[int] = 2
    x: int
    y: int = 0

    @property
    def sum(self) -> int:
        return self.x + self.y


@record
class Place(Point):
    y: int = 7
    name: str = field(default="", compare=False, repr=False)


@record(frozen=False)
class Basket:
    content: list = field(default_factory=list)


@record(eq=False)
class Token:
    number: int


def test_fields_are_given_by_place_or_name_and_have_defaults():
    assert (Point(1).x, Point(1).y) == (1, 0)
    assert Point(y=2, x=1).sum == 3


def test_a_missing_or_unknown_field_is_a_type_error():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=3)


def test_equality_and_hash_go_by_value_and_class():
    assert Point(1, 2) == Point(1, 2) != Point(1, 3)
    assert hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1, 7) != Place(1)


def test_a_subclass_keeps_the_order_of_fields_and_may_change_a_default():
    assert repr(Place(1, name="home")) == "Place(x=1, y=7)"
    assert Place(1, 7, "home") == Place(1)


def test_each_instance_gets_its_own_made_default():
    one, other = Basket(), Basket()
    one.content.append("apple")
    assert other.content == []
    assert one != other


def test_what_can_change_has_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Basket())


def test_without_eq_only_the_same_instance_is_equal():
    token = Token(1)
    assert token == token != Token(1)
    assert len({token, Token(1)}) == 2


def test_replace_makes_a_changed_copy():
    point = Point(1, 2)
    assert replace(point, y=5) == Point(1, 5)
    assert point == Point(1, 2)
