import threading

from lambdas.steps.archiving.turns import Turns


def test_a_turn_comes_when_all_before_it_have_ended() -> None:
    turns, order = Turns(), []

    def take(turn: int) -> None:
        with turns.turn(turn):
            order.append(turn)
        turns.end(turn)  # as whoever took no turn does

    threads = [threading.Thread(target=take, args=(turn,)) for turn in (3, 1, 0)]
    for thread in threads:
        thread.start()
    turns.end(2)
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 3]
