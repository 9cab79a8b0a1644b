"""The table that is fetched: verified, kept, never half there. No test touches the network."""

from __future__ import annotations

import hashlib
import io
import threading
import urllib.request
from http.client import IncompleteRead
from urllib.error import HTTPError, URLError

import data_at_hand
import numpy as np
import pytest

from skmixture.datasets import fetch_singer_transcript_counts, remote

GENES = ["Rex1", "Rest", "Nanog", "Prdm14"]
FILE = "singer_transcript_counts.csv"
ADDRESS = f"https://s3.amazonaws.com/bebi103.caltech.edu/data/{FILE}"


class Course:
    """Stands in for the network: sends `content`, or raises it, and counts the calls."""

    def __init__(self):
        self.content = URLError("no network in tests")
        self.calls = []

    def __call__(self, address, *, timeout):
        self.calls.append(address)
        assert 0 < timeout < 600
        if isinstance(self.content, Exception):
            raise self.content
        return io.BytesIO(self.content)


class Broken(io.BytesIO):
    """An answer that breaks off."""

    def read(self, *args):
        raise IncompleteRead(b"Rex1,", 3000)


@pytest.fixture(autouse=True)
def course(monkeypatch):
    course = Course()
    monkeypatch.setattr(urllib.request, "urlopen", course)
    return course


@pytest.fixture
def made_up(monkeypatch):
    """Counts that are nobody's, taken for the real ones."""
    counts = np.random.RandomState(0).poisson(50, size=(279, 4))
    digest = hashlib.sha256(counts.astype("<i8").tobytes()).hexdigest()
    monkeypatch.setattr(remote, "DIGEST", digest)
    return counts


def as_csv(counts, *, names=GENES, comments="", end="\n"):
    rows = [",".join(str(int(count)) for count in row) for row in counts]
    return (comments + end.join([",".join(names), *rows]) + end).encode()


def test_the_real_table_has_the_digest_asked_for(tmp_path, course):
    counts = data_at_hand.singer_transcript_counts()
    course.content = as_csv(counts, comments="# mRNA counts, Singer et al.\n#\n")
    bunch = fetch_singer_transcript_counts(data_home=tmp_path)
    assert course.calls == [ADDRESS]
    np.testing.assert_array_equal(bunch.data, counts)


@pytest.mark.parametrize("other", [1, -1])
def test_the_real_table_with_one_count_changed_is_refused(tmp_path, other):
    counts = data_at_hand.singer_transcript_counts().copy()
    counts[100, 2] += other
    (tmp_path / FILE).write_bytes(as_csv(counts))
    with pytest.raises(OSError, match="its values are not those of the table"):
        fetch_singer_transcript_counts(data_home=tmp_path)


def test_made_up_counts_are_not_taken_for_the_real_ones(tmp_path):
    counts = np.random.RandomState(0).poisson(50, size=(279, 4))
    (tmp_path / FILE).write_bytes(as_csv(counts))
    with pytest.raises(OSError, match="its values are not those of the table"):
        fetch_singer_transcript_counts(data_home=tmp_path)


def test_what_is_handed_out(tmp_path, course, made_up):
    course.content = as_csv(made_up)
    bunch = fetch_singer_transcript_counts(data_home=tmp_path)
    assert set(bunch) == {"data", "feature_names", "DESCR"}
    assert bunch.data.shape == (279, 4)
    assert bunch.data.dtype == np.float64
    assert bunch.feature_names == GENES
    assert "Molecular Cell 55, 319-331" in bunch.DESCR
    # a caller's changes stay the caller's
    bunch.feature_names.append("Sox2")
    bunch.data[:] = 0
    again = fetch_singer_transcript_counts(data_home=tmp_path)
    assert again.feature_names == GENES
    np.testing.assert_array_equal(again.data, made_up)


def test_a_download_is_kept_and_the_next_call_leaves_the_network_alone(tmp_path, course, made_up):
    course.content = as_csv(made_up)
    home = tmp_path / "made" / "if missing"
    fetch_singer_transcript_counts(data_home=str(home))
    assert [path.name for path in home.iterdir()] == [FILE]
    assert (home / FILE).read_bytes() == course.content
    for wanted in (True, False):
        bunch = fetch_singer_transcript_counts(data_home=home, download_if_missing=wanted)
        np.testing.assert_array_equal(bunch.data, made_up)
    assert course.calls == [ADDRESS]


def test_whoever_may_read_the_folder_may_read_the_table(tmp_path, course, made_up):
    course.content = as_csv(made_up)
    fetch_singer_transcript_counts(data_home=tmp_path)
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / FILE).stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_two_downloads_at_once_do_not_mind_each_other(tmp_path, course, made_up, monkeypatch):
    content = as_csv(made_up)
    both_asked = threading.Barrier(2, timeout=30)

    def urlopen(address, *, timeout):
        both_asked.wait()
        return io.BytesIO(content)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    got = []

    def fetch():
        got.append(fetch_singer_transcript_counts(data_home=tmp_path).data)

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 2
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "form",
    [
        {"comments": "# a comment, with a comma\n\n"},
        {"comments": "\ufeff# a byte order mark before it\n"},
        {"end": "\r\n"},
        {"end": "\n# in between\n"},
    ],
    ids=["comments", "byte order mark", "line ends", "comments between rows"],
)
def test_only_the_values_count(tmp_path, made_up, form):
    (tmp_path / FILE).write_bytes(as_csv(made_up, **form))
    data = fetch_singer_transcript_counts(data_home=tmp_path).data
    np.testing.assert_array_equal(data, made_up)


SPOILT = {
    "one count changed": (lambda c: as_csv(c + np.eye(279, 4)), "its values are not"),
    "rows in another order": (lambda c: as_csv(c[::-1]), "its values are not"),
    "a row short": (lambda c: as_csv(c[:-1]), "it has 278 rows of [4] entries"),
    "header only": (lambda c: as_csv(c[:0]), "it has 0 rows of [] entries"),
    "ragged": (lambda c: as_csv(c[:-1]) + b"1,2,3\n", "it has 279 rows of [3, 4] entries"),
    "other columns": (lambda c: as_csv(c, names=GENES[::-1]), "its columns are ['Prdm14'"),
    "no header": (lambda c: as_csv(c).split(b"\n", 1)[1], "its columns are"),
    "fraction": (lambda c: as_csv(c)[:-1] + b".5\n", "invalid literal"),
    "too long a number": (lambda c: as_csv(c[:-1]) + b"1,2,3,%d\n" % 10**30, "beyond 64 bits"),
    "empty": (lambda c: b"", "its columns are []"),
    "a web page": (lambda c: b"<html>" + 5000 * b"log in, please " + b"</html>", "its columns"),
    "not text": (lambda c: b"\xff\x00\xfe", "codec"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file_is_an_error_and_stays(tmp_path, course, made_up, name):
    spoil, reason = SPOILT[name]
    path = tmp_path / FILE
    content = spoil(made_up)
    path.write_bytes(content)
    with pytest.raises(OSError, match="is not the table of counts") as caught:
        fetch_singer_transcript_counts(data_home=tmp_path)
    message = str(caught.value)
    assert reason in message
    assert message.startswith(str(path))
    assert "Move it away or delete it" in message
    assert len(message) < 1200
    assert path.read_bytes() == content
    assert course.calls == []


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_download_is_an_error_and_is_not_kept(tmp_path, course, made_up, name):
    spoil, reason = SPOILT[name]
    course.content = spoil(made_up)
    with pytest.raises(OSError, match="was not kept") as caught:
        fetch_singer_transcript_counts(data_home=tmp_path)
    assert reason in str(caught.value)
    assert says_what_to_do(caught.value, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "failure",
    [
        URLError("Name or service not known"),
        HTTPError(ADDRESS, 403, "Forbidden", None, None),
        TimeoutError("timed out"),
        IncompleteRead(b"", 10),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_download_that_fails_says_what_to_do_and_leaves_nothing(tmp_path, course, failure):
    course.content = failure
    home = tmp_path / "home"
    with pytest.raises(OSError, match="could not be fetched") as caught:
        fetch_singer_transcript_counts(data_home=home)
    assert says_what_to_do(caught.value, home)
    assert caught.value.__cause__ is failure
    assert not home.exists()


def test_an_answer_that_breaks_off_is_a_failure_like_others(tmp_path, monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", lambda address, *, timeout: Broken())
    with pytest.raises(OSError, match="could not be fetched") as caught:
        fetch_singer_transcript_counts(data_home=tmp_path)
    assert says_what_to_do(caught.value, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_missing_is_not_fetched_unasked(tmp_path, course):
    home = tmp_path / "home"
    with pytest.raises(OSError, match="download_if_missing=False") as caught:
        fetch_singer_transcript_counts(data_home=home, download_if_missing=False)
    assert says_what_to_do(caught.value, home)
    assert course.calls == []
    assert not home.exists()


def test_the_environment_names_the_folder_unless_the_argument_does(
    tmp_path, course, made_up, monkeypatch
):
    course.content = as_csv(made_up)
    monkeypatch.setenv("SKMIXTURE_DATA", str(tmp_path / "environment"))
    fetch_singer_transcript_counts(data_home=tmp_path / "argument")
    assert not (tmp_path / "environment").exists()
    fetch_singer_transcript_counts()
    assert (tmp_path / "environment" / FILE).exists()


@pytest.mark.parametrize("value", [None, ""])
def test_without_either_the_folder_is_in_the_home(tmp_path, course, made_up, monkeypatch, value):
    course.content = as_csv(made_up)
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    monkeypatch.delenv("SKMIXTURE_DATA", raising=False)
    if value is not None:
        monkeypatch.setenv("SKMIXTURE_DATA", value)
    fetch_singer_transcript_counts()
    assert (tmp_path / "skmixture_data" / FILE).exists()


def says_what_to_do(error, home):
    """Whether a message names the path, the environment variable and the address."""
    return all(part in str(error) for part in (str(home / FILE), "SKMIXTURE_DATA", ADDRESS))
