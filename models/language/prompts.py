"""The frame of a prompt: the question first, so that its cache serves every window; then the EEG; then the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.errors import ConfigError

MARK = "<EEG>"
"""Stands where the soft tokens go, as in the published instructions."""
SYSTEM = "You read the EEG and repeat what it says."
EEG = "EEG: "
_QUESTION = "<QUESTION>"


@dataclass(frozen=True, slots=True)
class Frame:
    """Texts around question and EEG; ``after`` ends where the answer begins, with the words before the EEG again."""

    before: str
    after: str

    def prefix(self, question: str, options: Sequence[str]) -> str:
        """Return everything before the EEG.

        Raises
        ------
        ConfigError
            If question or options contain the mark of the EEG, or of a role.
        """
        text = f"{question} Options: {', '.join(options)}.\n{EEG}"
        if "<|" in text or MARK in text or _QUESTION in text:
            raise ConfigError(f"question {question!r}: must not contain {MARK}, {_QUESTION} or '<|'")
        return self.before + text


def frame_of(tokenizer: Any) -> Frame:
    """Return the frame that a tokenizer's chat template makes; a plain one where it has none.

    Raises
    ------
    ConfigError
        If the template loses the question.
    """
    if not getattr(tokenizer, "chat_template", None):
        return Frame(f"{tokenizer.bos_token or ''}{SYSTEM}\nQuestion: ", f"\n{EEG}")
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": _QUESTION + MARK}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    before, found, after = text.partition(_QUESTION + MARK)
    if not found:
        raise ConfigError("the language model's chat template does not keep the question as it is")
    return Frame(before, after + EEG)
