from .counting import add_tax, count_down, get_larger, is_grown_up


def test_the_tax_is_a_fifth() -> None:
    assert add_tax(100) == 120


def test_a_child_is_not_grown_up() -> None:
    assert is_grown_up(40)
    assert not is_grown_up(4)  # nobody asks for the eighteenth birthday: the leg has to say so


def test_the_larger_one_is_found_on_either_side() -> None:
    assert get_larger(1, 2) == get_larger(2, 1) == 2


def test_three_steps_are_three() -> None:
    assert count_down(3) == 3
