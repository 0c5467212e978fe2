"""What must stay true of the house, where no linter holds it."""

from __future__ import annotations

import re
from pathlib import Path

import sora_desktop
from sora_desktop.simulator.keys import SIMULATOR_GLOBALAIOPC_KEY, SIMULATOR_RIVYA_KEY
from sora_desktop.storage.catalog import load_catalog

PACKAGE = Path(sora_desktop.__file__).parent
MOST_LINES = 400


def test_no_provider_and_no_model_is_named_in_the_engine_or_the_window() -> None:
    catalog = load_catalog()
    names = {provider.id for provider in catalog.providers}
    names |= {model.id for provider in catalog.providers for model in provider.models}
    pattern = re.compile("|".join(re.escape(name) for name in sorted(names)), re.IGNORECASE)
    found: list[str] = []
    for room in ("engine", "ui"):
        for path in (PACKAGE / room).rglob("*.py"):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if pattern.search(line) and "contract:" not in line:
                    found.append(f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}")
    assert not found


def test_no_file_is_longer_than_a_reader_bears() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert not {str(path): length for path, length in lengths.items() if length > MOST_LINES}


def test_the_demo_accounts_have_the_simulators_keys() -> None:
    keys = {provider.id: provider.demo.key for provider in load_catalog().providers if provider.demo}
    assert keys == {"rivya": SIMULATOR_RIVYA_KEY, "globalaiopc": SIMULATOR_GLOBALAIOPC_KEY}
