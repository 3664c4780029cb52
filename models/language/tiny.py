"""A random language model of bytes, for tests and for trying things out: real in every way but its size."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import nn

from models.language.libraries import transformers

WIDTH, LAYERS = 64, 2
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_SPECIAL = ("<|end|>", "<|system|>", "<|user|>", "<|assistant|>")


def tiny(seed: int = 0) -> tuple[nn.Module, Any]:
    """Make weights and tokenizer."""
    library = transformers()
    tokenizer = _tokenizer(library)
    config = library.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return library.LlamaForCausalLM(config), tokenizer


def hash_of_tiny(module: nn.Module) -> str:
    """Return the SHA-256 of its weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().numpy().tobytes())
    return digest.hexdigest()


def _tokenizer(library: Any) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytewise = Tokenizer(BPE(vocab={char: i for i, char in enumerate(alphabet)}, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    bytewise.add_special_tokens([AddedToken(text, special=True) for text in _SPECIAL])
    return library.PreTrainedTokenizerFast(
        tokenizer_object=bytewise, eos_token=_SPECIAL[0], pad_token=_SPECIAL[0], chat_template=TEMPLATE
    )
