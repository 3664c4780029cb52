"""Regions and orders: the published lists against published indices, and our own rule."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.csbrain import CSBrain
from models.csbrain.attention import inter_region_mask
from models.csbrain.montages import (
    CENTRAL,
    FRONTAL,
    OCCIPITAL,
    PARIETAL,
    TEMPORAL,
    montage_of,
    published,
    published_names,
    region_of,
)
from pipelines.errors import ChannelMismatch, ConfigError

# Electrodes in regions 0 to 4, and how much of the inter-region mask is open.
PUBLISHED = {
    "pretraining": ((7, 3, 4, 2, 3), 0.391),
    "eegmat": ((7, 3, 4, 2, 3), 0.391),
    "mumtaz2016": ((7, 3, 4, 2, 3), 0.391),
    "bciciv2a": ((1, 4, 0, 0, 17), 0.202),
    "physionet_mi_a": ((24, 9, 8, 9, 14), 0.125),
    "physionet_mi_b": ((26, 9, 6, 9, 14), 0.126),
    "shu_mi": ((11, 3, 4, 5, 7), 0.278),
    "faced": ((11, 5, 2, 5, 7), 0.260),
    "seed_v": ((14, 16, 6, 5, 21), 0.125),
    "seed_vig": ((0, 6, 6, 3, 2), 0.308),
    "bcic2020_3": ((25, 9, 6, 10, 14), 0.134),
    "siena": ((9, 3, 4, 2, 11), 0.263),
    "hmc": ((1, 0, 0, 1, 2), 0.875),
    "isruc": ((2, 0, 0, 2, 2), 0.500),
    "tuab_tuev": ((8, 2, 4, 0, 2), 0.328),
    "chb_mit": ((8, 4, 2, 0, 2), 0.328),
}
ORDERS = {
    "physionet_mi_a": [
        *range(24, 29),
        21,
        22,
        23,
        *range(29, 38),
        *range(7),
        *range(46, 55),
        *range(40, 46),
        38,
        39,
        *range(55, 64),
        *range(7, 21),
    ],
    "physionet_mi_b": [
        *range(24, 29),
        21,
        22,
        23,
        *range(29, 40),
        *range(7),
        *range(46, 55),
        *range(40, 46),
        *range(55, 64),
        *range(7, 21),
    ],
    "shu_mi": [
        0,
        5,
        3,
        9,
        7,
        2,
        8,
        10,
        4,
        6,
        1,
        21,
        20,
        22,
        14,
        23,
        15,
        24,
        25,
        28,
        27,
        29,
        26,
        12,
        18,
        16,
        11,
        17,
        19,
        13,
    ],
    "faced": [
        0,
        9,
        7,
        5,
        3,
        2,
        4,
        6,
        8,
        10,
        1,
        23,
        21,
        20,
        22,
        24,
        14,
        15,
        25,
        28,
        27,
        29,
        26,
        18,
        16,
        12,
        11,
        13,
        17,
        19,
    ],
    "seed_v": [
        0,
        *range(5, 11),
        11,
        12,
        13,
        2,
        1,
        3,
        4,
        *range(41, 57),
        14,
        22,
        23,
        31,
        32,
        40,
        *range(57, 62),
        *range(15, 22),
        *range(24, 31),
        *range(33, 40),
    ],
    "seed_vig": [*range(8, 14), *range(6), 14, 15, 16, 6, 7],
    "mumtaz2016": [0, 10, 2, 16, 3, 11, 1, 6, 18, 7, 14, 12, 13, 15, 8, 9, 4, 17, 5],
    "siena": [0, 12, 5, 1, 13, 17, 21, 28, 16, 3, 15, 19, 6, 7, 22, 23, 4, 20, 11, 9, 8, 2, 10, 14, 26, 18, 24, 25, 27],
    "isruc": [0, 3, 2, 5, 1, 4],
    "tuab_tuev": [0, 8, 9, 1, 13, 5, 4, 12, 11, 15, 2, 3, 7, 6, 10, 14],
    "chb_mit": [1, 0, 8, 9, 13, 12, 4, 5, 3, 11, 15, 7, 2, 6, 10, 14],
}
PRETRAINING = "Fp1 Fp2 F3 F4 C3 C4 P3 P4 O1 O2 F7 F8 T3 T4 T5 T6 Fz Cz Pz".split()


def test_all_published_montages_are_known() -> None:
    assert set(published_names()) == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_montages_have_the_published_sizes_and_mask(name: str) -> None:
    montage = published(name)
    sizes, opened = PUBLISHED[name]
    assert tuple(montage.regions.count(r) for r in range(5)) == sizes
    assert float(inter_region_mask(sizes).float().mean()) == pytest.approx(opened, abs=6e-4)
    assert CSBrain(montage.regions, montage.order, n_layers=1, d_model=40, d_ff=40).n_channels == len(montage.names)


@pytest.mark.parametrize("name", ORDERS)
def test_published_orders(name: str) -> None:
    assert list(published(name).order) == ORDERS[name]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("eegmat", "eegmat_19x5"),
        ("pretraining", "pretrain_19x30_masked"),
        ("bciciv2a", "bciciv2a_22x4"),
        ("hmc", "hmc_4x7"),
    ],
)
def test_published_montages_are_those_of_the_reference_vectors(shared_golden: Path, name: str, case: str) -> None:
    facts = json.loads((shared_golden / "csbrain_shared.json").read_text())[case]
    assert list(published(name).regions) == facts["regions"]
    assert list(published(name).order) == facts["sorted_indices"]


def test_unknown_montage_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'moon'.*eegmat"):
        published("moon")


def test_our_rule_gives_the_published_montage_of_the_pre_training() -> None:
    own, theirs = montage_of(PRETRAINING), published("pretraining")
    assert (own.regions, own.order) == (theirs.regions, theirs.order)


@pytest.mark.parametrize(
    ("region", "names"),
    [
        (FRONTAL, "Nz Fp1 FPZ AF7 AFz F7 F10 f5 Fz"),
        (CENTRAL, "FC5 FCz C5 Cz CP3 CPz CP6"),
        (TEMPORAL, "FT7 FT10 T7 T3 T8 T9 TP7 TP10 P7 T5 P8 P9 P10"),
        (PARIETAL, "P5 P3 P1 Pz P2 P6"),
        (OCCIPITAL, "PO7 PO9 POz PO3 O1 Oz Iz"),
    ],
)
def test_regions_of_our_rule(region: int, names: str) -> None:
    assert {name: region_of(name) for name in names.split()} == dict.fromkeys(names.split(), region)


@given(st.permutations(PRETRAINING))
@settings(max_examples=25, deadline=None)
def test_the_way_round_the_head_does_not_depend_on_the_order_of_delivery(names: list[str]) -> None:
    montage = montage_of(names)
    assert [names[i] for i in montage.order] == [PRETRAINING[i] for i in published("pretraining").order]
    assert list(np.array(montage.regions)[list(montage.order)]) == sorted(montage.regions)


def test_the_right_side_mirrors_the_left() -> None:
    names = "AF8 F8 F6 F4 F2 AF4 AF3 AF7 F1 F3 F5 F7 Fp2 Fp1 Fz AFz".split()
    walk = [names[i] for i in montage_of(names).order]
    assert walk == "Fp1 AF7 AF3 F7 F5 F3 F1 AFz Fz F2 F4 F6 F8 AF4 AF8 Fp2".split()


@pytest.mark.parametrize("name", ["A1", "ECG", "Fp1-F7", "EXG1", "F3h", ""])
def test_what_is_no_electrode_is_refused_by_name(name: str) -> None:
    with pytest.raises(ChannelMismatch, match=f"{name!r}.*leave it out"):
        montage_of(["Fz", name])
