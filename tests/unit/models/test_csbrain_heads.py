"""The heads: what each makes of tokens, and that the fused form and adapters give the same."""

from __future__ import annotations

import pytest
import torch

from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.fused import FusedClassifier
from models.csbrain.heads import AttentionHead, FlattenHead, MeanHead
from models.csbrain.montages import montage_of
from models.deep.adaptation import merge_adapters, trained_part
from models.deep.networks import Network
from pipelines.errors import ModelError
from tests.unit.models.csbrain_examples import generated_weights

MONTAGE = montage_of(("Fz", "Cz", "Pz", "Oz", "T7"))
SIZE = {"regions": MONTAGE.regions, "order": MONTAGE.order, "n_layers": 1, "d_model": 40, "n_heads": 4, "d_ff": 80}


def tokens() -> torch.Tensor:
    return torch.randn(3, 5, 2, 40, generator=torch.Generator().manual_seed(0))


def test_mean_head_is_a_line_on_the_mean() -> None:
    head = MeanHead(40, 2)
    wanted = tokens().mean(dim=(1, 2)) @ head.weight.T + head.bias
    torch.testing.assert_close(head(tokens()), wanted)


def test_attention_head_begins_as_the_mean_and_can_look_at_one_token() -> None:
    head = AttentionHead(40, 2)
    mean = MeanHead(40, 2)
    mean.load_state_dict(head.out.state_dict())
    torch.testing.assert_close(head(tokens()), mean(tokens()))
    seen = tokens()
    with torch.no_grad():
        head.weight_of.weight[0] = 1000.0 * head.norm(seen[0, 2, 1])
    torch.testing.assert_close(head(seen)[0], head.out(seen[0, 2, 1]), rtol=1e-3, atol=1e-3)


def test_flatten_head_has_the_published_widths() -> None:
    head = FlattenHead(19 * 5 * 200, (1000, 200), 1, "gelu", 0.2)
    assert [layer.out_features for layer in head if isinstance(layer, torch.nn.Linear)] == [1000, 200, 1]
    assert round(sum(p.numel() for p in head.parameters()) / 1e6, 1) == 19.2


def test_flatten_head_asks_for_the_length_of_a_window() -> None:
    with pytest.raises(ModelError, match="needs n_patches"):
        Classifier(Architecture(**SIZE, head="flatten"), 2)


@pytest.mark.parametrize("head", ["mean", "attention", "flatten"])
def test_the_fused_form_gives_the_same_scores(head: str) -> None:
    architecture = Architecture(**SIZE, head=head, n_patches=3 if head == "flatten" else 0, hidden=(16,))
    classifier = Classifier(architecture, 3)  # in training mode: dropout must not reach the fused form
    classifier.load_state_dict(generated_weights(classifier))
    fused = FusedClassifier(classifier)
    x = 0.3 * torch.randn(4, 5, 3, 200, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(fused(x), classifier.eval()(x), rtol=1e-4, atol=1e-4)


def test_merged_adapters_give_the_same_answers_under_plain_names() -> None:
    classifier = Classifier(Architecture(**SIZE), 2)
    plain = set(classifier.state_dict())
    parameters, set_mode = trained_part(Network(classifier, "head", "hundred_microvolts"), "lora")
    set_mode(False)
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(0.05)
    x = 0.3 * torch.randn(2, 5, 3, 200, generator=torch.Generator().manual_seed(1))
    adapted = classifier(x).detach()
    merge_adapters(classifier)
    assert set(classifier.state_dict()) == plain
    torch.testing.assert_close(classifier(x), adapted, rtol=1e-4, atol=1e-5)
