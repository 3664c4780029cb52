"""What BrainFlow's boards need and what its exit codes mean, in plain words. Knows nothing of the library itself.

Sources: BrainFlow's documentation "Supported Boards" (parameters), ``exit_codes.py`` (codes) and the board drivers of
release 5.23 (package counters).
"""

from __future__ import annotations

SERIAL = "serial_port"
BLUETOOTH = "Bluetooth; optional: mac_address, serial_number"
WIFI_SHIELD = "ip_port; optional: ip_address, timeout_s"
VENDOR_LIBRARY = "the maker's driver; optional: serial_number"

NEEDS = {
    "PLAYBACK_FILE_BOARD": "master_board, file",
    "STREAMING_BOARD": "master_board, ip_address, ip_port",
    "SYNTHETIC_BOARD": "nothing",
    **dict.fromkeys(
        (
            "CYTON_BOARD",
            "CYTON_DAISY_BOARD",
            "FREEEEG32_BOARD",
            "FREEEEG128_BOARD",
            "NEUROPAWN_KNIGHT_BOARD",
            "NEUROPAWN_KNIGHT_BOARD_IMU",
            "IRONBCI_32_BOARD",
            "SHIMMER3_BOARD",
        ),
        SERIAL,
    ),
    **dict.fromkeys(
        ("GANGLION_BOARD", "MUSE_S_BLED_BOARD", "MUSE_2_BLED_BOARD", "MUSE_2016_BLED_BOARD", "BRAINBIT_BLED_BOARD"),
        "serial_port of a BLED112 dongle; optional: mac_address, serial_number",
    ),
    **dict.fromkeys(
        (
            "GANGLION_NATIVE_BOARD",
            "MUSE_2_BOARD",
            "MUSE_S_BOARD",
            "MUSE_2016_BOARD",
            "MUSE_S_ATHENA_BOARD",
            "BRAINALIVE_BOARD",
        ),
        BLUETOOTH,
    ),
    **dict.fromkeys(("CYTON_WIFI_BOARD", "CYTON_DAISY_WIFI_BOARD", "GANGLION_WIFI_BOARD"), WIFI_SHIELD),
    **dict.fromkeys(
        ("ENOPHONE_BOARD", "EXPLORE_4_CHAN_BOARD", "EXPLORE_8_CHAN_BOARD"), "a paired device; mac_address on Linux"
    ),
    **dict.fromkeys(("NOTION_1_BOARD", "NOTION_2_BOARD", "CROWN_BOARD"), "the same network; optional: serial_number"),
    **dict.fromkeys(("BRAINBIT_BOARD", "UNICORN_BOARD"), VENDOR_LIBRARY),
    "GALEA_BOARD": "the same network; optional: timeout_s",
    "EMOTIBIT_BOARD": "the same network; optional: ip_address (broadcast), serial_number",
    "BIOLISTENER_BOARD": "the same network; optional: ip_address, ip_port, timeout_s",
    "PIEEG_BOARD": "a Raspberry Pi; optional: serial_port (SPI device)",
}

COUNTER_MODULUS = {
    **dict.fromkeys(
        (
            "SYNTHETIC_BOARD",
            "CYTON_BOARD",
            "CYTON_DAISY_BOARD",
            "CYTON_WIFI_BOARD",
            "GANGLION_WIFI_BOARD",
            "GALEA_BOARD",
            "FREEEEG32_BOARD",
            "FREEEEG128_BOARD",
            "NEUROPAWN_KNIGHT_BOARD",
            "NTL_WIFI_BOARD",
            "AAVAA_V3_BOARD",
        ),
        256,
    ),
    **dict.fromkeys(("MUSE_2_BOARD", "MUSE_S_BOARD", "MUSE_2016_BOARD"), 65536),
}
"""Where the package counter starts over; for other boards it is learnt."""

_MEANINGS = {
    1: "the port is already open: close the other program, or the other session, that uses the device",
    2: "the port or the device could not be opened: check the cable or the dongle, that the device is switched on and "
    "near, the name of the port, and your right to use it (Linux: join the group 'dialout')",
    3: "the serial port refused its settings: check that it belongs to this device",
    4: "the device did not take a command: switch it off and on",
    5: "the device sent something unexpected: check that 'board' is the right one, switch it off and on",
    6: "the device did not greet: check that 'board' is the right one, switch it off and on",
    7: "the device does not answer: switch it on, bring it near, charge it",
    9: "the buffer size is impossible: lower buffer_s",
    13: "a setting is missing or wrong",
    14: "this BrainFlow library does not support the board on this operating system",
    15: "the session is no longer open",
    16: "the board is already open in this program: end the other session first",
    17: "the device failed without saying why: switch it off and on",
    18: "the device did not answer in time: switch it on, bring it near, raise timeout_s",
}


def needs_of(board: str) -> str:
    """Return which settings a board needs, in words."""
    if board.startswith("ANT_NEURO"):
        return VENDOR_LIBRARY
    return NEEDS.get(board, "see BrainFlow's page 'Supported Boards'")


def explain_exit(board: str, code: int, text: str) -> str:
    """Say what an exit code of BrainFlow means and what to do.

    Parameters
    ----------
    board
        Name of the board.
    code
        BrainFlow's exit code.
    text
        Its own message.
    """
    meaning = _MEANINGS.get(code, "BrainFlow reported an error")
    advice = f" ({board} needs: {needs_of(board)})" if code in (2, 6, 7, 13, 17, 18) else ""
    return f"{board}: {meaning}{advice} [BrainFlow: {text}]"
