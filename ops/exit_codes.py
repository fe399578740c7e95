"""Exit codes of the tool; programs rely on the numbers."""

from enum import IntEnum


class ExitCode(IntEnum):
    ALL_WELL = 0, "all well"
    FAULT = 1, "a fault of the tool itself"
    USAGE = 2, "the command or a file that it names is wrong"
    ACTION_REQUIRED = 3, "a finding needs a person"
    AWAITING = 4, "invoices are awaited, and nothing needs a person"
    NOTHING_THERE = 5, "there was nothing to work on, which is never success"
    UNREADABLE = 6, "the place could not be read"
    NOT_WRITTEN = 7, "the answer could not be written, so nobody has it"
    INTERRUPTED = 130, "interrupted, at the keyboard or by whoever read the output"

    meaning: str

    def __new__(cls, number: int, meaning: str) -> "ExitCode":
        member = int.__new__(cls, number)
        member._value_ = number
        member.meaning = meaning
        return member
