"""Scores of options: what they mean, and that nothing else in a batch moves them."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.language.language_model import LanguageModel
from models.language.loading import load_language_model
from models.language.scoring import option_ids, option_log_probabilities, ready
from pipelines.errors import ConfigError

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="the extra llm is not installed"
)

EYES = ("Are the eyes open?", ("open", "closed"))
TASK = ("What is the person doing?", ("rest", "resting", "mental arithmetic", "left hand"))


@pytest.fixture(scope="module")
def tiny() -> LanguageModel:
    return load_language_model("tiny")


def soft(model: LanguageModel, n_windows: int, n_tokens: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n_windows, n_tokens, model.width, generator=torch.Generator().manual_seed(seed)) * 0.05


def uncached(model: LanguageModel, question: str, options: tuple[str, ...], tokens: torch.Tensor) -> torch.Tensor:
    """Every option in a sequence of its own, from the first token to the last, without any cache."""
    head = model.embed(model.ids(model.frame.prefix(question, options)))
    tail = model.embed(model.ids(model.frame.after))
    found = []
    for ids in option_ids(model, options):
        whole = torch.cat([head, tokens, tail, model.embed(ids)])[None]
        log_p = model.module(inputs_embeds=whole).logits[0].log_softmax(dim=-1)
        begin = whole.shape[1] - len(ids)
        found.append(sum(log_p[begin + i - 1, token] for i, token in enumerate(ids)))
    return torch.stack(found)


@pytest.mark.parametrize(("question", "options"), [EYES, TASK])
def test_cached_scores_are_those_of_whole_sequences(
    tiny: LanguageModel, question: str, options: tuple[str, ...]
) -> None:
    with torch.no_grad():
        windows = soft(tiny, 2, 11)
        said = option_log_probabilities(tiny, [ready(tiny, question, options)] * 2, windows, [11, 11])
        for row in range(2):
            torch.testing.assert_close(said[row], uncached(tiny, question, options, windows[row]), atol=1e-4, rtol=0)


@settings(max_examples=15, deadline=None)
@given(lengths=st.lists(st.integers(1, 9), min_size=2, max_size=4), extra=st.integers(0, 5), seed=st.integers(0, 99))
def test_a_mixed_batch_is_as_one_by_one_however_much_is_filled(lengths: list[int], extra: int, seed: int) -> None:
    model = load_language_model("tiny")
    with torch.no_grad():
        asked = [ready(model, *(EYES if row % 2 else TASK)) for row in range(len(lengths))]
        windows = soft(model, len(lengths), max(lengths) + extra, seed)
        together = option_log_probabilities(model, asked, windows, lengths)
        for row, length in enumerate(lengths):
            alone = option_log_probabilities(model, [asked[row]], windows[row : row + 1, :length], [length])[0]
            torch.testing.assert_close(together[row, : len(alone)], alone, atol=1e-4, rtol=0)
            assert bool((together[row, len(alone) :] == -torch.inf).all())


def test_an_option_knows_nothing_of_the_others(tiny: LanguageModel) -> None:
    with torch.no_grad():
        question = ready(tiny, *TASK)
        fewer = type(question)(question.prefix, question.options[2:])
        windows = soft(tiny, 1, 5)
        all_of_them = option_log_probabilities(tiny, [question], windows, [5])
        some = option_log_probabilities(tiny, [fewer], windows, [5])
        torch.testing.assert_close(all_of_them[:, 2:], some, atol=1e-4, rtol=0)


def test_the_end_token_keeps_a_beginning_from_winning_by_being_short(tiny: LanguageModel) -> None:
    ids = option_ids(tiny, ("rest", "resting"))
    assert ids[0][:-1] == ids[1][: len(ids[0]) - 1]
    assert {one[-1] for one in ids} == {tiny.end_id}


def test_the_gradient_reaches_the_soft_tokens_and_no_weight_of_the_model(tiny: LanguageModel) -> None:
    windows = soft(tiny, 2, 4).requires_grad_()
    option_log_probabilities(tiny, [ready(tiny, *EYES)] * 2, windows, [4, 2])[:, 0].sum().backward()
    assert windows.grad is not None
    assert bool((windows.grad[0].norm(dim=1) > 0).all())
    # What fills the second row is seen by nobody.
    assert bool((windows.grad[1, 2:] == 0).all())
    assert all(p.grad is None for p in tiny.module.parameters())


def test_texts_that_would_break_the_prompt_are_refused(tiny: LanguageModel) -> None:
    with pytest.raises(ConfigError, match="must not contain"):
        ready(tiny, "What is <EEG>?", ("a", "b"))
    with pytest.raises(ConfigError, match="cannot tell them apart"):
        ready(tiny, "What is it?", ("rest", "rest"))
