"""Recorders of chains: one interface, in memory and in files."""

from __future__ import annotations

import sys
import tracemalloc

import emcee
import numpy as np
import pytest
from chains_at_hand import IDENTITY, LAYOUT, Unbroken, check, grow, next_record, opened

from skmixture.inference.posterior.storage import (
    ChainError,
    EmceeGroups,
    Layout,
    Record,
    memory,
    open_recorder,
    pack_states,
    read_chain,
    unpack_states,
)


@pytest.fixture(params=["memory", "file"])
def place(request, tmp_path):
    return None if request.param == "memory" else tmp_path / "chain.h5"


@pytest.fixture(params=["running", "resumed", "finished"])
def chain(request, tmp_path):
    """Twelve steps in a file, at three times of its life."""
    path = tmp_path / "chain.h5"
    recorder = opened(path)
    grow(recorder, 5 if request.param == "resumed" else 12)
    if request.param != "running":
        recorder.finish()
    if request.param == "resumed":
        recorder = opened(path, resume=True)
        grow(recorder, 7)
    yield recorder
    recorder.close()


class TestBothRecorders:
    @pytest.mark.parametrize("n_steps", [0, 1, 11])
    def test_what_is_appended_is_read(self, place, n_steps):
        with opened(place) as recorder:
            grow(recorder, n_steps)
            check(recorder, n_steps)
        check(recorder, n_steps)

    def test_in_pieces(self, place, monkeypatch):
        monkeypatch.setattr(memory, "BLOCK_BYTES", 3 * LAYOUT.nbytes)
        with opened(place) as recorder:
            grow(recorder, 11)
            whole = recorder.arrays("log_prob")
            for start, stop, step in [(0, None, 2), (3, 9, 1), (2, 11, 4), (-3, None, 1), (5, 5, 1),
                                      (1, 100, 7), (20, 30, 1)]:  # fmt: skip
                piece = recorder.arrays("log_prob", start, stop, step)
                np.testing.assert_array_equal(piece, whole[start:stop:step])

    def test_buffers_may_be_used_again(self, place):
        with opened(place) as recorder:
            record = next_record(None)
            arrays = {name: array.copy() for name, array in record.arrays.items()}
            recorder.append(Record(arrays, record.state))
            arrays["coordinates"][...] = -1
            recorder.arrays("log_prob")[...] = -1
            check(recorder, 1)

    def test_other_memory_orders(self, place):
        with opened(place) as recorder:
            record = next_record(None)
            arrays = {name: array.copy(order="F") for name, array in record.arrays.items()}
            recorder.append(Record(arrays, record.state))
            check(recorder, 1)

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("log_prob", np.zeros((2, 4)), "shape"),
            ("log_prob", np.zeros((2, 3), np.float32), "float32"),
            ("log_prob", None, "arrays"),
            ("more", np.zeros(1), "arrays"),
        ],
        ids=["shape", "dtype", "missing", "unknown"],
    )
    def test_a_record_of_another_layout(self, place, name, value, message):
        with opened(place) as recorder:
            grow(recorder, 2)
            record = next_record(recorder.last().state)
            arrays = {**record.arrays, name: value}
            arrays = {key: array for key, array in arrays.items() if array is not None}
            with pytest.raises(ValueError, match=message):
                recorder.append(Record(arrays, record.state))
            with pytest.raises(ValueError, match="state is bytes, got int"):
                recorder.append(Record(record.arrays, 7))
            check(recorder, 2)

    def test_bad_questions(self, place):
        with opened(place) as recorder:
            grow(recorder, 2)
            with pytest.raises(ValueError, match="no array 'label'"):
                recorder.arrays("label")
            with pytest.raises(ValueError, match="at least 1"):
                recorder.arrays("labels", step=-1)

    def test_finished_is_finished(self, place):
        recorder = opened(place)
        grow(recorder, 2)
        recorder.finish()
        recorder.finish()
        with pytest.raises(ValueError, match="finished"):
            recorder.append(next_record(recorder.last().state))
        recorder.close()
        check(recorder, 2)

    def test_an_exception_closes_and_keeps(self, place):
        with pytest.raises(KeyboardInterrupt), opened(place) as recorder:  # noqa: PT012
            grow(recorder, 3)
            raise KeyboardInterrupt
        with pytest.raises(ValueError, match="finished"):
            recorder.append(next_record(None))
        if place is not None:
            assert not place.exists()
            with opened(place, resume=True) as resumed:
                check(resumed, 3)

    def test_resume_where_there_is_nothing_begins(self, place):
        with opened(place, resume=True) as recorder:
            grow(recorder, 1)
            check(recorder, 1)

    def test_bad_options(self, place):
        with pytest.raises(ValueError, match="overwrite"):
            opened(place, resume=True, overwrite=True)
        with pytest.raises(ValueError, match="identity"):
            open_recorder(place, LAYOUT, {"seed": 0})
        with pytest.raises(ValueError, match="emcee_groups: 2 different"):
            opened(place, emcee_groups=EmceeGroups(names=["skmixture", "b"]))


class TestLayout:
    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({}, "at least one"),
            ({"a/b": ((1,), float)}, "no name"),
            ({"a": ((2, 0), float)}, "empty"),
            ({"a": ((1,), object)}, "cannot be recorded"),
            ({"a": ((1,), "U3")}, "cannot be recorded"),
            ({"a": ((1,), np.clongdouble)}, "cannot be recorded"),
            ({"a": ((2**28,), float)}, "2147483648 bytes is too long"),
        ],
        ids=["none", "name", "empty", "object", "words", "complex", "long"],
    )
    def test_refused(self, arrays, message):
        with pytest.raises(ValueError, match=message):
            Layout(arrays)

    def test_plain_and_back(self):
        assert Layout.from_plain(LAYOUT.to_plain()) == LAYOUT


class TestGenerators:
    def test_there_and_back(self):
        rngs = [np.random.RandomState(seed) for seed in range(3)]
        rngs[1].normal(size=3)  # an odd number: one is cached
        packed = pack_states([rng.get_state() for rng in rngs])
        for rng, state in zip(rngs, unpack_states(packed), strict=True):
            other = np.random.RandomState()
            other.set_state(state)
            np.testing.assert_array_equal(other.normal(size=5), rng.normal(size=5))
        assert unpack_states(pack_states([])) == []

    def test_refused(self):
        with pytest.raises(ValueError, match="no states"):
            unpack_states(b"123")
        with pytest.raises(ValueError, match="MT19937"):
            pack_states([("PCG64", np.zeros(624), 0, 0, 0.0)])


class TestFiles:
    def test_finished_in_pieces_is_one_chain(self, tmp_path):
        path, unbroken, done = tmp_path / "chain.h5", Unbroken(), 0
        for n_more in [4, 0, 1, 9]:
            with opened(path, resume=True) as recorder:
                check(recorder, done, unbroken)
                grow(recorder, n_more)
                done += n_more
                check(recorder, done, unbroken)
            assert [file.name for file in tmp_path.iterdir()] == ["chain.h5"]
            with read_chain(path) as chain:
                check(chain, done, unbroken)

    @pytest.mark.parametrize("start", [0, 3, 6])
    @pytest.mark.parametrize("step", [1, 2, 5])
    def test_pieces_over_file_and_journal(self, chain, start, step):
        whole = np.stack([record.arrays["labels"] for record in Unbroken().records(12)])
        for stop in (4, 5, 6, 12, None):
            piece = chain.arrays("labels", start, stop, step)
            np.testing.assert_array_equal(piece, whole[start:stop:step])

    def test_readers_do_not_disturb(self, chain, tmp_path):
        with read_chain(tmp_path / "chain.h5") as reader:
            check(reader, 12)
            try:
                grow(chain, 1)
            except ChainError:  # it is finished
                return
            chain.finish()
            check(reader, 12)
        with read_chain(tmp_path / "chain.h5") as reader:
            check(reader, 13)

    def test_long_labels_stay_in_the_file(self, tmp_path):
        """Reading a few steps takes their memory, and merging takes a few blocks of it."""
        n_bytes, layout = 10**6, Layout({"labels": ((1, 10**6), np.uint8)})
        labels = np.zeros((1, n_bytes), np.uint8)
        with open_recorder(tmp_path / "chain.h5", layout, {}) as recorder:
            tracemalloc.start()
            try:
                for _ in range(40):
                    recorder.append(Record({"labels": labels}, b""))
                recorder.arrays("labels", 10, 12)
                recorder.finish()
                recorder.arrays("labels", 10, 12)
                assert tracemalloc.get_traced_memory()[1] < 20 * n_bytes
            finally:
                tracemalloc.stop()

    def test_without_h5py_it_says_so_at_once(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "h5py", None)
        with pytest.raises(ImportError, match=r"pip install skmixture\[hdf5\]"):
            opened(tmp_path / "chain.h5")
        assert not list(tmp_path.iterdir())
        with opened(None) as recorder:
            grow(recorder, 1)

    def test_a_reader_of_what_grows_or_goes(self, tmp_path):
        path = tmp_path / "chain.h5"
        for n_before in (0, 3):
            with opened(path, resume=True) as recorder:
                grow(recorder, 3)
                recorder.finish()
                if not n_before:
                    reader = read_chain(path)
            check(reader, 3)
        path.unlink()
        with pytest.raises(ChainError, match="replaced or removed"):
            reader.arrays("labels")
        with opened(path) as recorder:
            grow(recorder, 3)
        with pytest.raises(ChainError, match="replaced or removed"):
            reader.last()

    def test_nothing_to_read(self, tmp_path):
        with pytest.raises(ChainError, match="no chain"):
            read_chain(tmp_path / "chain.h5")


def log_normal(x):
    return -0.5 * np.sum(x**2)


def sampler_of(seed, backend=None):
    sampler = emcee.EnsembleSampler(6, 2, log_normal, backend=backend)
    sampler.random_state = np.random.RandomState(seed).get_state()
    return sampler


class TestEmcee:
    """What emcee reads is what it would have written itself."""

    @pytest.mark.parametrize("n_ensembles", [1, 2])
    @pytest.mark.parametrize("names", [None, ["a", "b"]], ids=["default", "named"])
    def test_it_reads_finished_files(self, tmp_path, rng, n_ensembles, names):
        names = names and names[:n_ensembles]
        groups = EmceeGroups(names, unpack_states)
        starts = rng.normal(size=(n_ensembles, 6, 2))
        expected = names or (["mcmc"] if n_ensembles == 1 else ["ensemble_0", "ensemble_1"])
        backends = [emcee.backends.HDFBackend(tmp_path / "theirs.h5", name=n) for n in expected]
        theirs = [sampler_of(seed, backend) for seed, backend in enumerate(backends)]
        for backend in backends:
            backend.reset(6, 2)
        layout = Layout(
            {
                "coordinates": ((n_ensembles, 6, 2), float),
                "log_prob": ((n_ensembles, 6), float),
                "accepted": ((n_ensembles, 6), bool),
            }
        )
        runs = [s.sample(start, iterations=20) for s, start in zip(theirs, starts, strict=True)]
        accepted = np.zeros((n_ensembles, 6))
        path = tmp_path / "ours.h5"
        for _ in range(2):
            with open_recorder(path, layout, {}, resume=True, emcee_groups=groups) as recorder:
                for _ in range(10):
                    states = [next(run) for run in runs]
                    now = np.stack([backend.accepted for backend in backends])
                    arrays = {
                        "coordinates": np.stack([state.coords for state in states]),
                        "log_prob": np.stack([state.log_prob for state in states]),
                        "accepted": (now - accepted).astype(bool),
                    }
                    packed = pack_states([state.random_state for state in states])
                    recorder.append(Record(arrays, packed))
                    accepted = now
        for name, backend in zip(expected, backends, strict=True):
            ours = emcee.backends.HDFBackend(path, name=name)
            self.check_same(ours, backend)
            for each in (ours, backend):
                sampler_of(7, each).run_mcmc(None, 5)
            self.check_same(ours, backend)

    def check_same(self, ours, theirs):
        assert ours.initialized
        assert ours.iteration == theirs.iteration
        assert ours.shape == theirs.shape
        assert not ours.has_blobs()
        for read in (
            lambda backend: backend.get_chain(discard=3, thin=2),
            lambda backend: backend.get_log_prob(flat=True),
            lambda backend: backend.accepted,
            lambda backend: backend.get_last_sample().coords,
        ):
            np.testing.assert_array_equal(read(ours), read(theirs))
        for mine, their in zip(ours.random_state, theirs.random_state, strict=True):
            np.testing.assert_array_equal(mine, their)

    def test_what_emcee_changed_is_not_resumed(self, tmp_path):
        path = tmp_path / "chain.h5"
        with opened(path) as recorder:
            grow(recorder, 3)
        emcee.backends.HDFBackend(path, name="ensemble_1").reset(3, 2)
        before = path.read_bytes()
        for act in (read_chain, lambda path: opened(path, resume=True)):
            with pytest.raises(ChainError, match="'ensemble_1' .* has 0 steps .* has 3"):
                act(path)
        assert path.read_bytes() == before

    def test_other_groups_of_the_file_stay(self, tmp_path, rng):
        path = tmp_path / "chain.h5"
        with opened(path) as recorder:
            grow(recorder, 3)
        other = emcee.backends.HDFBackend(path, name="another run")
        sampler_of(0, other).run_mcmc(rng.normal(size=(6, 2)), 4)
        with opened(path, resume=True) as recorder:
            grow(recorder, 3)
            recorder.finish()
            check(recorder, 6)
        assert other.get_chain().shape == (4, 6, 2)

    def test_states_of_too_few_generators(self, tmp_path):
        groups = EmceeGroups(random_states=lambda state: [])
        path, message = tmp_path / "chain.h5", "0 states for 2 ensembles"
        with pytest.raises(ValueError, match=message), opened(path, emcee_groups=groups) as chain:
            grow(chain, 1)

    def test_no_state_of_an_earlier_step(self, tmp_path):
        path = tmp_path / "chain.h5"
        state = np.random.RandomState(0).get_state()
        for groups in (EmceeGroups(random_states=lambda _: [state, state]), EmceeGroups()):
            with opened(path, resume=True, emcee_groups=groups) as recorder:
                grow(recorder, 1)
            found = emcee.backends.HDFBackend(path, name="ensemble_1").random_state
            assert (found is None) == (groups.random_states is None)

    def test_chains_that_are_no_ensembles(self, tmp_path):
        layout = Layout({"coordinates": ((4,), float), "labels": ((9,), np.uint8)})
        path = tmp_path / "chain.h5"
        with pytest.raises(ValueError, match="emcee_groups"):
            open_recorder(path, layout, {}, emcee_groups=EmceeGroups(names=["a"]))
        with open_recorder(path, layout, IDENTITY) as recorder:
            arrays = {"coordinates": np.ones(4), "labels": np.ones(9, np.uint8)}
            recorder.append(Record(arrays, b""))
        with read_chain(path) as chain:
            np.testing.assert_array_equal(chain.arrays("coordinates"), np.ones((1, 4)))
            assert chain.last().state == b""
