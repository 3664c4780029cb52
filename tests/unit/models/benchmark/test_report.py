from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from models.benchmark.recipe import Recipe
from models.benchmark.report import macros, number, sections, transfers, write
from models.benchmark.results import rows_of
from tests.unit.models.benchmark.made_results import Result, job, loso, person, probabilities, result

EVIL = "<script>alert(1)</script> | $x\n*y*"
NETWORK = {"network": "EEGNet", "network_settings": {"F1": 8}}
CBRAMOD = {"kind": "cross_subject", "split": "cbramod"}


class Tags(HTMLParser):
    """Refuses what is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def some() -> list[Result]:
    people = {"x": 8, "y": 6, "z": 5}
    return [
        *loso("good", people),
        *loso("poor", {"x": 4, "y": 4, "z": 5}),
        *loso("good", people, calibration={"kind": "rest"}),
    ]


def report(found: list[Result], folder: Path, title: str = "t") -> tuple[str, str]:
    written = write(rows_of(found), folder, title, "what it is", ["bci-app bench run t --data FOLDER"])
    assert all(path.is_file() for path in written)
    return (folder / "report.md").read_text(), (folder / "report.html").read_text()


def test_what_a_report_says(tmp_path: Path) -> None:
    markdown, html = report(some(), tmp_path)
    for text in (markdown, html):
        assert "eegmat · leave one subject out · no calibration" in text
        assert "eegmat · leave one subject out · rest" in text
        assert "3 people, 24 windows of" in " ".join(text.split())
        assert "chance 0.500" in text
        assert "bci-app bench run t" in text
    # good: (1 + 6/8 + 5/8) / 3; poor: (4/8 + 4/8 + 5/8) / 3. Best first.
    rows = [line for line in markdown.splitlines() if line.startswith(("| good", "| poor"))]
    assert rows[0].startswith("| good | 0.792 | 0.625 – 1.000 | – |")
    assert rows[1].startswith("| poor | 0.542 |")
    # Two people better; of eight flips of signs the sum is as far from 0 in four.
    assert rows[2].startswith("| poor | +0.250 |")
    assert rows[2].endswith("| 2 of 3 | 0.5000 | 0.5000 |")
    assert Tags(html).seen >= {"table", "img", "nav"}


def test_pictures_that_are_named_are_there(tmp_path: Path) -> None:
    markdown, _ = report(some(), tmp_path)
    named = {line.partition("](")[2][:-1] for line in markdown.splitlines() if line.startswith("![")}
    assert named == {"matrix.png", "people-01.png", "people-02.png"}
    assert named == {path.name for path in tmp_path.glob("*.png")}


def test_pictures_of_an_earlier_report_are_removed_and_others_kept(tmp_path: Path) -> None:
    (tmp_path / "people-of-mine.png").touch()
    report(some(), tmp_path)
    assert (tmp_path / "people-02.png").exists()
    report(loso("good", {"x": 7, "y": 3}), tmp_path)
    assert {path.name for path in tmp_path.glob("*.png")} == {"matrix.png", "people-01.png", "people-of-mine.png"}


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    report(some(), tmp_path / "a")
    report(some()[::-1], tmp_path / "b")
    first = sorted((tmp_path / "a").iterdir())
    assert len(first) == 5
    for path in first:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_names_are_text(tmp_path: Path) -> None:
    markdown, html = report([*loso(EVIL, {"x": 8, "y": 8}), *loso("long " * 60, {"x": 4, "y": 4})], tmp_path, EVIL)
    assert "<script>" not in html
    assert "<script>" not in markdown
    Tags(html)
    for line in markdown.splitlines():
        if "alert(1)" in line and line.startswith("|"):
            assert line.startswith("| &lt;script>alert(1)&lt;/script> \\| $x *y* |")


def test_missing_folds_are_said_and_not_compared(tmp_path: Path) -> None:
    markdown, html = report([*loso("good", {"x": 7, "y": 3}), *loso("lucky", {"x": 8})], tmp_path)
    for text in (markdown, html):
        assert "lucky (1 folds missing)" in text
        assert "against each other model" not in text


def test_one_person_is_no_statement_about_people(tmp_path: Path) -> None:
    found = [person(job(m, f), "x", n) for m, a, b in (("a", 8, 6), ("b", 4, 4)) for f, n in (("1", a), ("2", b))]
    markdown, html = report(found, tmp_path)
    for text in (markdown, html):
        assert "One person: nothing here is a statement about people." in text
        assert "range over folds" in text
        assert "sign flips" not in text
    assert "| a | 0.875 | 0.750 – 1.000 |" in markdown


def test_published_figures_stand_beside_ours_of_all_windows(tmp_path: Path) -> None:
    # Two people, one with four times the windows: a mean over people of 0.5, over windows of 0.8.
    made = job("ours", "cbramod", setting=CBRAMOD)
    truth = [i % 2 for i in range(10)]
    found = [result(made, ["x"] * 8 + ["y"] * 2, truth, probabilities([True] * 8 + [False] * 2, truth))]
    markdown, html = report(found, tmp_path)
    assert "| CBraMod | 0.726 | 0.627 | 0.790 |" in markdown
    assert "| ours | 0.500 |" in markdown
    assert "| here: ours | 0.800 |" in markdown
    for text in (markdown, html):
        assert "Published, not measured here" in text
    Tags(html)


def test_numbers_that_are_not_defined_are_dashes(tmp_path: Path) -> None:
    data = {"kind": "seed_vig", "folder": "seed_vig"}
    truth = [0.0, 0.5, 1.0, 0.25]
    found = []
    for who in ("01", "04"):
        for model, said in (("good", truth), ("flat", [0.3] * 4)):
            made = job(model, who, data=data, recipe=Recipe(window_s=8.0))
            found.append(result(made, [who] * 4, truth, said, kind="value", labels=()))
    markdown, html = report(found, tmp_path)
    rows = [line for line in markdown.splitlines() if line.startswith(("| good", "| flat"))]
    assert rows[0].startswith("| good | 1.000 | 1.000 – 1.000 | – | 1.000 | 0.000 |")
    assert rows[1].startswith("| flat | – | – | – | -0.")
    assert rows[2] == "| flat | – | – – – | 0 of 0 | – | – |"
    assert "| model | Pearson | 95 % over people | ± over seeds | R² | RMSE |" in markdown
    assert "nan" not in markdown
    assert "nan" not in html.partition("<img")[0]


def test_retrieval(tmp_path: Path) -> None:
    data = {"kind": "things_eeg", "folder": "things_eeg"}
    found = [
        result(job("ridge", who, data=data), [who], [0], [[0.5, 0.6, 0.1]], kind="item", labels=("p", "q", "r"))
        for who in ("sub-01", "sub-02")
    ]
    markdown, _ = report(found, tmp_path)
    assert "| model | two-way | 95 % over people | ± over seeds | top 1 | top 5 |" in markdown
    assert "| ridge | 0.500 | 0.500 – 0.500 | – | 0.000 | 1.000 |" in markdown


def test_the_mean_over_conditions_is_of_those_that_most_models_share() -> None:
    second = {"kind": "rest"}
    found = [
        *loso("a", {"x": 8}), *loso("b", {"x": 4}), *loso("a", {"x": 6}, calibration=second),
        *loso("b", {"x": 8}, calibration=second), *loso("a", {"x": 0}, calibration={"kind": "labelled"}),
    ]  # fmt: skip
    assert [(model, n, primary) for model, n, primary, _ in macros(rows_of(found))] == [
        ("a", 2, "0.875"),
        ("b", 2, "0.750"),
    ]


def test_a_model_without_a_mean_is_last() -> None:
    truth = [0.0, 1.0, 2.0]
    opposite = [1.0, 0.4, 0.2]
    found = [
        result(job(m, "1"), ["x"] * 3, truth, said, kind="value", labels=())
        for m, said in (("flat", [1.0] * 3), ("bad", opposite), ("good", truth))
    ]
    assert [model for model, *_ in macros(rows_of(found))] == ["good", "bad", "flat"]


def test_transfer_is_told_of_the_same_network_only(tmp_path: Path) -> None:
    found = [
        *loso("scratch", {"x": 5, "y": 5}, **NETWORK, adaptation="scratch"),
        *loso("full", {"x": 6, "y": 6}, **NETWORK, adaptation="full"),
        *loso("other", {"x": 8, "y": 8}, **{**NETWORK, "network": "ATCNet"}, adaptation="full"),
        *loso("wider", {"x": 8, "y": 8}, **{**NETWORK, "network_settings": {"F1": 16}}, adaptation="full"),
    ]
    found = [(made.model_copy(update={"estimator": made.estimator | {"kind": "deep"}}), p) for made, p in found]
    ((_, model, score),) = transfers(rows_of(found))
    # Gain of 1/8 over 5/8: half of it relative to 5/8 and half relative to the 3/8 that were left.
    assert model == "full"
    assert score == pytest.approx(0.5 * ((1 / 8) / (5 / 8) + (1 / 8) / (3 / 8)))
    markdown, _ = report(found, tmp_path)
    assert f"| full | {number(score)} |" in markdown


def test_sections_are_numbered_in_order() -> None:
    assert [s.number for s in sections(rows_of(some()))] == [1, 2]


def test_no_results_make_an_empty_report(tmp_path: Path) -> None:
    markdown, html = report([], tmp_path)
    assert markdown.startswith("# t\n")
    Tags(html)
