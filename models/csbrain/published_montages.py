"""The electrode lists of the released code, for reproduction (facts; section by data set, commit 185aee5).

Each entry: the electrodes in the data set's own order and spelling; after ``=`` the hand-written lists of regions
0 to 4 (frontal, parietal, temporal, occipital, central), divided by ``|``.
"""

LISTS = {
    "pretraining": """
        FP1 FP2 F3 F4 C3 C4 P3 P4 O1 O2 F7 F8 T3 T4 T5 T6 FZ CZ PZ
        = FP1 F7 F3 FZ F4 F8 FP2 | P3 PZ P4 | T3 T5 T6 T4 | O1 O2 | C3 CZ C4
    """,
    "eegmat": """
        FP1 FP2 F3 F4 F7 F8 T3 T4 C3 C4 T5 T6 P3 P4 O1 O2 FZ CZ PZ
        = FP1 F7 F3 FZ F4 F8 FP2 | P3 PZ P4 | T5 T3 T4 T6 | O1 O2 | C3 CZ C4
    """,
    "mumtaz2016": """
        Fp1 Fp2 F3 F4 C3 C4 P3 P4 O1 O2 F7 F8 T3 T4 T5 T6 Fz Cz Pz
        = Fp1 F7 F3 Fz F4 F8 Fp2 | P3 Pz P4 | T5 T3 T4 T6 | O1 O2 | C3 Cz C4
    """,
    "bciciv2a": """
        Fz FC3 FC1 FCZ FC2 FC4 C5 C3 C1 CZ C2 C4 C6 CP3 CP1 CPZ CP2 CP4 P1 PZ P2 POZ
        = Fz | P1 PZ P2 POZ | | | FC3 FC1 FCZ FC2 FC4 C5 C3 C1 CZ C2 C4 C6 CP3 CP1 CPZ CP2 CP4
    """,
    # The released lists put FT7 and FT8 in the frontal list with a temporal id, which cannot be built. Two repairs:
    # A moves them to the end of the temporal list, B calls them frontal. Which one the weights knew is not known.
    "physionet_mi_a": """
        FC5 FC3 FC1 FCZ FC2 FC4 FC6 C5 C3 C1 CZ C2 C4 C6 CP5 CP3 CP1 CPZ CP2 CP4 CP6 FP1 FPZ FP2 AF7 AF3 AFZ AF4 AF8
        F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FT8 T7 T8 T9 T10 TP7 TP8 P7 P5 P3 P1 PZ P2 P4 P6 P8 PO7 PO3 POZ PO4 PO8 O1 OZ
        O2 IZ
        = AF7 AF3 AFZ AF4 AF8 FP1 FPZ FP2 F7 F5 F3 F1 FZ F2 F4 F6 F8 FC5 FC3 FC1 FCZ FC2 FC4 FC6 | P7 P5 P3 P1 PZ P2
        P4 P6 P8 | T7 T8 T9 T10 TP7 TP8 FT7 FT8 | PO7 PO3 POZ PO4 PO8 O1 OZ O2 IZ | C5 C3 C1 CZ C2 C4 C6 CP5 CP3 CP1
        CPZ CP2 CP4 CP6
    """,
    "physionet_mi_b": """
        FC5 FC3 FC1 FCZ FC2 FC4 FC6 C5 C3 C1 CZ C2 C4 C6 CP5 CP3 CP1 CPZ CP2 CP4 CP6 FP1 FPZ FP2 AF7 AF3 AFZ AF4 AF8
        F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FT8 T7 T8 T9 T10 TP7 TP8 P7 P5 P3 P1 PZ P2 P4 P6 P8 PO7 PO3 POZ PO4 PO8 O1 OZ
        O2 IZ
        = AF7 AF3 AFZ AF4 AF8 FP1 FPZ FP2 F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FT8 FC5 FC3 FC1 FCZ FC2 FC4 FC6 | P7 P5 P3
        P1 PZ P2 P4 P6 P8 | T7 T8 T9 T10 TP7 TP8 | PO7 PO3 POZ PO4 PO8 O1 OZ O2 IZ | C5 C3 C1 CZ C2 C4 C6 CP5 CP3
        CP1 CPZ CP2 CP4 CP6
    """,
    "shu_mi": """
        Fp1 Fp2 Fz F3 F4 F7 F8 FC1 FC2 FC5 FC6 Cz C3 C4 T3 T4 CP1 CP2 CP5 CP6 Pz P3 P4 T5 T6 PO3 PO4 Oz O1 O2
        = Fp1 F7 F3 FC5 FC1 Fz FC2 FC6 F4 F8 Fp2 | P3 Pz P4 | T3 T5 T4 T6 | PO3 O1 Oz O2 PO4 | C3 CP5 CP1 Cz CP2 CP6
        C4
    """,
    "faced": """
        Fp1 Fp2 Fz F3 F4 F7 F8 FC1 FC2 FC5 FC6 Cz C3 C4 T7 T8 CP1 CP2 CP5 CP6 Pz P3 P4 P7 P8 PO3 PO4 Oz O1 O2
        = Fp1 FC5 FC1 F7 F3 Fz F4 F8 FC2 FC6 Fp2 | P7 P3 Pz P4 P8 | T7 T8 | PO3 O1 Oz O2 PO4 | CP5 CP1 C3 Cz C4 CP2
        CP6
    """,
    "seed_v": """
        FP1 FPZ FP2 AF3 AF4 F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FC5 FC3 FC1 FCZ FC2 FC4 FC6 FT8 T7 C5 C3 C1 CZ C2 C4 C6
        T8 TP7 CP5 CP3 CP1 CPZ CP2 CP4 CP6 TP8 P7 P5 P3 P1 PZ P2 P4 P6 P8 PO7 PO5 PO3 POZ PO4 PO6 PO8 CB1 O1 OZ O2
        CB2
        = FP1 F7 F5 F3 F1 FZ F2 F4 F6 F8 FP2 FPZ AF3 AF4 | P7 P5 P3 P1 PZ P2 P4 P6 P8 PO7 PO5 PO3 POZ PO4 PO6 PO8 |
        FT7 FT8 T7 T8 TP7 TP8 | CB1 O1 OZ O2 CB2 | FC5 FC3 FC1 FCZ FC2 FC4 FC6 C5 C3 C1 CZ C2 C4 C6 CP5 CP3 CP1 CPZ
        CP2 CP4 CP6
    """,
    "seed_vig": """
        FT7 FT8 T7 T8 TP7 TP8 CP1 CP2 P1 PZ P2 PO3 POZ PO4 O1 OZ O2
        = | P1 PZ P2 PO3 POZ PO4 | FT7 FT8 T7 T8 TP7 TP8 | O1 OZ O2 | CP1 CP2
    """,
    "bcic2020_3": """
        Fp1 Fp2 F7 F3 Fz F4 F8 FC5 FC1 FC2 FC6 T7 C3 Cz C4 T8 TP9 CP5 CP1 CP2 CP6 TP10 P7 P3 Pz P4 P8 PO9 O1 Oz O2
        PO10 AF7 AF3 AF4 AF8 F5 F1 F2 F6 FT9 FT7 FC3 FC4 FT8 FT10 C5 C1 C2 C6 TP7 CP3 CPz CP4 TP8 P5 P1 P2 P6 PO7
        PO3 POz PO4 PO8
        = FT9 FT7 Fp1 AF7 AF3 F7 F5 F3 FC5 FC3 FC1 F1 Fz F2 FC2 FC4 FC6 F4 F6 F8 AF4 AF8 Fp2 FT8 FT10 | P7 P5 P3 P1
        Pz P2 P4 P6 P8 | TP9 TP7 T7 T8 TP8 TP10 | PO9 PO7 PO3 O1 Oz POz O2 PO4 PO8 PO10 | C5 C3 C1 CP5 CP3 CP1 Cz
        CPz CP2 CP4 CP6 C2 C4 C6
    """,
    "siena": """
        Fp1 F3 C3 P3 O1 F7 T3 T5 Fc1 Fc5 Cp1 Cp5 F9 Fz Cz Pz Fp2 F4 C4 P4 O2 F8 T4 T6 Fc2 Fc6 Cp2 Cp6 F10
        = Fp1 F9 F7 F3 Fz F4 F8 F10 Fp2 | P3 Pz P4 | T3 T5 T4 T6 | O1 O2 | Cp5 Fc5 Fc1 C3 Cp1 Cz Cp2 C4 Fc2 Fc6 Cp6
    """,
    "hmc": """
        F4 C4 O2 C3
        = F4 | | | O2 | C4 C3
    """,
    "isruc": """
        F3 C3 O1 F4 C4 O2
        = F3 F4 | | | O1 O2 | C3 C4
    """,
    # Bipolar chains; the released code of the first names each derivation by its first electrode.
    "tuab_tuev": """
        FP1-F7 F7-T3 T3-T5 T5-O1 FP2-F8 F8-T4 T4-T6 T6-O2 FP1-F3 F3-C3 C3-P3 P3-O1 FP2-F4 F4-C4 C4-P4 P4-O2
        = FP1-F7 FP1-F3 F3-C3 F7-T3 F4-C4 F8-T4 FP2-F8 FP2-F4 | P3-O1 P4-O2 | T3-T5 T5-O1 T6-O2 T4-T6 | | C3-P3
        C4-P4
    """,
    "chb_mit": """
        FP1-F7 F7-T7 T7-P7 P7-O1 FP2-F8 F8-T8 T8-P8 P8-O2 FP1-F3 F3-C3 C3-P3 P3-O1 FP2-F4 F4-C4 C4-P4 P4-O2
        = F7-T7 FP1-F7 FP1-F3 F3-C3 F4-C4 FP2-F4 FP2-F8 F8-T8 | P7-O1 P3-O1 P4-O2 P8-O2 | T7-P7 T8-P8 | | C3-P3
        C4-P4
    """,
}
