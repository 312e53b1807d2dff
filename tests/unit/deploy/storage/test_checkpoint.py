"""Parts of the storage commands: sorting on disk, and the progress file of a copy."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.storage.checkpoint import Checkpoint
from deploy.storage.sorting import in_order

KEYS = [f"{number:032x}" for number in range(5)]


@given(
    st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))), st.integers(1, 5)
)
def test_lines_come_in_order_however_few_fit_into_memory(texts: list[str], at_once: int) -> None:
    lines = [f"{text}\n" for text in texts]
    assert list(in_order(iter(lines), at_once)) == sorted(lines)


def asked(journal: Checkpoint, *, gone: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]  # empty
    """Run a journal's check, and return the keys that it queries."""
    keys: list[str] = []

    def answer(some: list[str]) -> set[str]:
        keys.extend(some)
        return gone

    journal.compact(answer)
    return keys


def test_a_journal_remembers_until_a_key_is_struck_off(tmp_path: Path) -> None:
    journal = Checkpoint(tmp_path, "a", "b")
    assert asked(journal) == []
    for key in [*KEYS, KEYS[0]]:
        journal.record(key)
    assert asked(journal, gone={KEYS[1]}) == KEYS
    assert asked(Checkpoint(tmp_path, "a", "b")) == [KEYS[0], *KEYS[2:]]


def test_each_pair_of_storages_has_a_journal_of_its_own(tmp_path: Path) -> None:
    Checkpoint(tmp_path, "a", "b").record(KEYS[0])
    assert asked(Checkpoint(tmp_path, "b", "a")) == []
    assert asked(Checkpoint(tmp_path, "a", "c")) == []


def test_a_line_that_a_kill_cut_short_spoils_no_other(tmp_path: Path) -> None:
    journal = Checkpoint(tmp_path, "a", "b")
    journal.record(KEYS[0])
    (path,) = tmp_path.iterdir()
    with path.open("a") as file:
        file.write(KEYS[1][:10])
    journal.record(KEYS[2])
    with path.open("a") as file:
        file.write(KEYS[3][:31])
    assert asked(journal) == [KEYS[0], KEYS[2]]
