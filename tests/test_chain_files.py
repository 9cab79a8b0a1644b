"""Files of chains that are torn, damaged, foreign, of another chain, or in use."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from chains_at_hand import IDENTITY, LAYOUT, Unbroken, check, grow, next_record, opened
from forks import SECONDS, fork

from skmixture.inference.posterior.storage import (
    ChainBusyError,
    ChainDamagedError,
    ChainError,
    ChainExistsError,
    ChainMismatchError,
    EmceeGroups,
    Layout,
    Record,
    journal,
    merging,
    open_recorder,
    read_chain,
    repair_chain,
)


def journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


def running(path: Path, n_steps: int) -> list[int]:
    """A chain whose writer is gone; where the journal stood before and after each step."""
    recorder = opened(path, resume=True)
    sizes = [journal_of(path).stat().st_size]
    for _ in range(n_steps):
        grow(recorder, 1)
        sizes.append(journal_of(path).stat().st_size)
    recorder.close()
    return sizes


@pytest.fixture(params=["new", "resumed"])
def path(request, tmp_path):
    """Where a chain may begin, or has been finished with three steps."""
    path = tmp_path / "chain.h5"
    if request.param == "resumed":
        with opened(path) as recorder:
            grow(recorder, 3)
    return path


@pytest.fixture
def n_before(path):
    return 3 if path.exists() else 0


class TestTorn:
    def test_at_every_byte_of_the_last_step(self, path, n_before):
        sizes = running(path, 3)
        whole = journal_of(path).read_bytes()
        assert len(whole) == sizes[-1]
        for size in range(sizes[-2], sizes[-1]):
            journal_of(path).write_bytes(whole[:size])
            with read_chain(path) as chain:
                assert chain.n_steps == n_before + 2
            assert journal_of(path).stat().st_size == size
            recorder = opened(path, resume=True)
            assert recorder.n_steps == n_before + 2
            assert journal_of(path).stat().st_size == sizes[-2]
            grow(recorder, 1)
            recorder.close()
            assert journal_of(path).read_bytes() == whole

    def test_header(self, path):
        size = running(path, 0)[0]
        whole = journal_of(path).read_bytes()
        for n_left in range(size):
            journal_of(path).write_bytes(whole[:n_left])
            with pytest.raises(ChainError, match="journal"):
                read_chain(path)
            with pytest.raises(ChainError, match="journal"):
                opened(path, resume=True)
            assert journal_of(path).read_bytes() == whole[:n_left]


class TestDamaged:
    def test_every_flipped_bit_is_noticed(self, tmp_path):
        path, unbroken = tmp_path / "chain.h5", Unbroken()
        sizes = running(path, 3)
        whole = bytearray(journal_of(path).read_bytes())
        for position in range(len(whole)):
            flipped = whole.copy()
            flipped[position] ^= 1 << position % 8
            journal_of(path).write_bytes(flipped)
            step = np.searchsorted(sizes, position, side="right") - 1
            if step < 0:
                with pytest.raises(ChainError):
                    read_chain(path)
            elif step == 2 and position >= sizes[2] + journal.FRAME_BYTES:
                with pytest.warns(UserWarning, match="the last step .* is damaged and left out"):
                    chain = read_chain(path)
                check(chain, 2, unbroken)
                chain.close()
            else:
                with pytest.raises(ChainDamagedError, match=f"the {step} steps before it are good"):
                    read_chain(path)

    @pytest.mark.parametrize("step", [0, 1, 2])
    def test_repair(self, path, n_before, step):
        sizes = running(path, 3)
        whole = bytearray(journal_of(path).read_bytes())
        whole[sizes[step]] ^= 4
        journal_of(path).write_bytes(whole)
        before = contents(path.parent)
        for options in ({}, {"resume": True}):
            with pytest.raises(ChainDamagedError, match="repair_chain"):
                opened(path, **options)
        assert contents(path.parent) == before
        for _ in range(2):
            assert repair_chain(path) == n_before + step
        aside = path.with_name(f"{path.name}.journal.damaged")
        assert aside.read_bytes() == whole
        with opened(path, resume=True) as recorder:
            check(recorder, n_before + step)
            grow(recorder, 4)
            check(recorder, n_before + step + 4)
        assert sorted(contents(path.parent)) == [path.name, aside.name]

    def test_repair_needs_a_journal(self, path):
        with pytest.raises(ChainError, match="no journal"):
            repair_chain(path)

    def test_a_full_disk_loses_no_step(self, path, n_before, monkeypatch):
        recorder = opened(path, resume=True)
        grow(recorder, 2)

        def half(file, data):
            file.write(data[:100])
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(journal, "_write", half)
            with pytest.raises(ChainError, match="No space left.* steps before it are safe"):
                grow(recorder, 1)
        check(recorder, n_before + 2)
        grow(recorder, 2)
        recorder.close()
        with opened(path, resume=True) as recorder:
            check(recorder, n_before + 4)

    def test_a_disk_that_is_full_at_the_end(self, path, n_before, monkeypatch):
        def full(place):
            raise OSError(28, "No space left on device")

        recorder = opened(path, resume=True)
        grow(recorder, 2)
        before = contents(path.parent)
        with monkeypatch.context() as patch:
            patch.setattr(merging, "sync_file", full)
            with pytest.raises(ChainError, match="No space left.*safe in the journal"):
                recorder.finish()
        assert contents(path.parent) == before
        recorder.finish()
        check(recorder, n_before + 2)

    def test_an_interrupted_append_may_be_repeated(self, path, n_before, monkeypatch):
        recorder, write = opened(path, resume=True), journal._write

        def interrupted(file, data):
            write(file, data)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(journal, "_write", interrupted)
            record = next_record(None)
            with pytest.raises(KeyboardInterrupt):
                recorder.append(Record(record.arrays, 3 * record.state))  # longer than what follows
        check(recorder, n_before)
        grow(recorder, 1)
        recorder.close()
        with read_chain(path) as chain:
            check(chain, n_before + 1)


class TestForeign:
    @pytest.fixture(params=["empty", "words", "truncated", "h5"])
    def foreign(self, request, tmp_path):
        path = tmp_path / "chain.h5"
        if request.param == "truncated":
            with opened(path) as recorder:
                grow(recorder, 30)
            path.write_bytes(path.read_bytes()[:-3000])
        elif request.param == "h5":
            with h5py.File(path, "w") as file:
                file["mcmc/chain"] = np.zeros(3)
        else:
            path.write_bytes(b"a,b\n1,2\n" * (100 if request.param == "words" else 0))
        return path

    @pytest.mark.parametrize("options", [{}, {"resume": True}, {"overwrite": True}], ids=str)
    def test_files_stay(self, foreign, options):
        before = contents(foreign.parent)
        with pytest.raises(ChainError, match="left as it is"):
            opened(foreign, **options)
        with pytest.raises(ChainError, match="left as it is"):
            read_chain(foreign)
        assert contents(foreign.parent) == before

    @pytest.mark.parametrize("options", [{}, {"resume": True}, {"overwrite": True}], ids=str)
    def test_journals_stay(self, path, options):
        journal_of(path).write_bytes(b"a journal of somebody else's, of some length or other")
        before = contents(path.parent)
        with pytest.raises(ChainError, match="not a journal of skmixture"):
            opened(path, **options)
        assert contents(path.parent) == before

    def test_folders(self, tmp_path):
        for act in (opened, read_chain, repair_chain):
            with pytest.raises(ChainError, match="is a folder"):
                act(tmp_path)
            with pytest.raises(ChainError, match="does not exist; make it first"):
                act(tmp_path / "nowhere" / "chain.h5")

    @pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
    def test_no_permission_to_write(self, path, monkeypatch):
        """The superuser may write anywhere, so that the refusal is made up for it."""

        def refused(*args):
            raise PermissionError(13, "Permission denied")

        before = contents(path.parent)
        with monkeypatch.context() as patch:
            if os.geteuid():
                path.parent.chmod(0o500)
            else:
                patch.setattr(os, "open", refused)
            with pytest.raises(ChainError, match=r"cannot write in the folder .*Permission denied"):
                opened(path, resume=True)
            path.parent.chmod(0o700)
        assert contents(path.parent) == before

    def test_journal_of_another_chain(self, tmp_path):
        one, two = tmp_path / "one.h5", tmp_path / "two.h5"
        with opened(one) as recorder:
            grow(recorder, 2)
        running(two, 3)
        shutil.copy(one, two)
        before = contents(tmp_path)
        for act in (read_chain, lambda path: opened(path, resume=True)):
            with pytest.raises(ChainError, match="different chains"):
                act(two)
        one.unlink()
        running_on = tmp_path / "one.h5"
        shutil.copy(two, running_on)
        running(running_on, 1)
        running_on.unlink()
        with pytest.raises(ChainError, match="goes on from step 2, but .* has 0 steps"):
            read_chain(running_on)
        assert contents(tmp_path)["two.h5.journal"] == before["two.h5.journal"]


class TestAnotherChain:
    def test_an_existing_chain_is_not_erased(self, path, n_before):
        running(path, 1)
        before = contents(path.parent)
        with pytest.raises(ChainExistsError, match=f"chain of {n_before + 1} steps .*never erased"):
            opened(path)
        assert contents(path.parent) == before

    @pytest.mark.parametrize("n_steps", [0, 2])
    def test_the_message_says_what_differs(self, path, n_steps):
        running(path, n_steps)
        before = contents(path.parent)
        other = {**IDENTITY, "data": "f" * 100, "walkers": "64"}
        other.pop("seed")
        with pytest.raises(ChainMismatchError) as error:
            open_recorder(path, LAYOUT, other, resume=True)
        message = str(error.value)
        assert f"data was '0123abcd' and is '{'f' * 60}...'" in message
        assert "walkers was absent and is '64'" in message
        assert "seed was '0' and is absent" in message
        assert "model" not in message
        assert "overwrite=True" in message
        assert contents(path.parent) == before

    def test_layouts_and_groups_differ(self, path):
        running(path, 1)
        arrays = {**LAYOUT.arrays, "labels": ((3, 8), np.uint8)}
        with pytest.raises(ChainMismatchError, match=r"labels was .*\(3, 7\).* is .*\(3, 8\)"):
            open_recorder(path, Layout(arrays), IDENTITY, resume=True)
        if path.exists():
            with pytest.raises(ChainMismatchError, match="ensemble_0"):
                opened(path, resume=True, emcee_groups=EmceeGroups(names=["a", "b"]))

    @pytest.mark.parametrize("damage", [False, True])
    def test_overwrite_begins_anew(self, path, damage):
        sizes = running(path, 4)
        if damage:
            whole = bytearray(journal_of(path).read_bytes())
            whole[sizes[0] // 2] ^= 1
            journal_of(path).write_bytes(whole)
        recorder = opened(path, overwrite=True)
        check(recorder, 0)
        assert not path.exists()
        grow(recorder, 1)
        recorder.close()
        with opened(path, resume=True) as recorder:
            check(recorder, 1)

    def test_leftovers_are_removed(self, path, n_before):
        for ending in ("new", "merged", "lock"):
            path.with_name(f"{path.name}.journal.{ending}").write_bytes(b"left by a kill")
        with opened(path, resume=True) as recorder:
            check(recorder, n_before)
        assert list(contents(path.parent)) == [path.name]

    @pytest.mark.skipif(not hasattr(os, "symlink"), reason="links")
    def test_links_are_followed(self, path, n_before):
        running(path, 1)
        link = path.parent / "link.h5"
        link.symlink_to(path)
        with opened(link, resume=True) as recorder:
            with pytest.raises(ChainBusyError):
                opened(path, resume=True)
            check(recorder, n_before + 1)
        assert link.is_symlink()
        with read_chain(path) as chain:
            check(chain, n_before + 1)


class TestTwoWriters:
    @pytest.mark.parametrize("options", [{}, {"resume": True}, {"overwrite": True}], ids=str)
    def test_in_one_process(self, path, options):
        with opened(path, resume=True) as recorder:
            grow(recorder, 1)
            before = contents(path.parent)
            with pytest.raises(ChainBusyError, match="written by another"):
                opened(path, **options)
            with pytest.raises(ChainBusyError, match="written by another"):
                repair_chain(path)
            assert contents(path.parent) == before
            grow(recorder, 1)

    def test_a_forgotten_recorder_lets_go(self, path, n_before):
        running(path, 2)
        recorder = opened(path, resume=True)
        recorder.journal.close()
        del recorder
        with opened(path, resume=True) as recorder:
            check(recorder, n_before + 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes to kill")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
class TestTwoProcesses:
    def test_the_second_is_refused_until_the_first_is_gone(self, path, n_before):
        def write(ready):
            recorder = opened(path, resume=True)
            grow(recorder, 2)
            ready()
            time.sleep(SECONDS)  # or the recorder would be forgotten

        with fork(write):
            with pytest.raises(ChainBusyError):
                opened(path, resume=True)
            with read_chain(path) as chain:
                check(chain, n_before + 2)
        with opened(path, resume=True) as recorder:
            check(recorder, n_before + 2)

    def test_children_of_the_writer_are_none(self, path, n_before):
        """They neither write nor hold the lock: a killed writer's children may live on."""
        recorder = opened(path, resume=True)
        grow(recorder, 1)

        def write(ready):
            with pytest.raises(ChainError, match="parent process"):
                grow(recorder, 1)
            recorder.finish()
            recorder.close()

        with fork(write):
            with pytest.raises(ChainBusyError):
                opened(path, resume=True)
            recorder.close()
            with opened(path, resume=True) as again:
                check(again, n_before + 1)
