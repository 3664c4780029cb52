"""From words to a task card: names, titles and paraphrases find their card; what is on no card is refused."""

from __future__ import annotations

import pytest

from models.unimind.nearest import nearest
from models.unimind.task_cards import cards
from pipelines.errors import ConfigError


@pytest.mark.parametrize("name", sorted(cards()))
def test_every_question_title_and_name_finds_its_card(name: str) -> None:
    card = cards()[name]
    hint = "simulated " if name.startswith("simulated") else ""
    for text in (card.title, *card.questions, hint + name.removeprefix("simulated_").replace("_", " ")):
        assert nearest(text if hint.strip() in text.lower() else hint + text, cards()).name == name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("are my eyes closed?", "eyes"),
        ("WORKLOAD", "mental_workload"),
        ("is he doing mental arithmetic", "mental_workload"),
        ("13, 17 or 21 Hz flicker?", "ssvep_frequency"),
        ("face or house?", "n170_face"),
        ("are the simulated eyes open?", "simulated_eyes"),
    ],
)
def test_plain_words_find_a_card(words: str, name: str) -> None:
    assert nearest(words, cards()).name == name


@pytest.mark.parametrize("words", ["is this person depressed?", "will it rain tomorrow?", "", "what is it?", "42"])
def test_what_no_card_asks_is_refused_with_the_list(words: str) -> None:
    with pytest.raises(ConfigError, match="mental_workload"):
        nearest(words, cards())
