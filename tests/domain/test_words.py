from lambdas.domain.words import counted, listed


def test_counts_and_lists_are_sentences_parts() -> None:
    assert [counted(n, "invoice") for n in (0, 1, 1234)] == [
        "0 invoices",
        "1 invoice",
        "1,234 invoices",
    ]
    assert [listed("abc"[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
