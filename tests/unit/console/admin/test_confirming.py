"""What the operator is shown before the passkey is asked: the very text that is sent, whole."""

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from dure import console

STATIC = Path(console.__file__).parent / "static"
SHOW = """
const parts = {};
const make = () => ({ textContent: "", querySelector(name) { return (parts[name] ??= make()); } });
const box = { ...make(), close() {}, showModal() { parts["[data-confirm-yes]"].onclick(); } };
globalThis.document = { querySelector: () => box };
const { confirmAct } = await import(process.argv[2]);
const agreed = await confirmAct("in words", JSON.parse(process.argv[3]));
const { textContent } = parts["[data-confirm-act]"];
console.log(JSON.stringify([agreed, textContent, parts.code?.textContent ?? null]));
"""


@pytest.mark.parametrize("source", [None, "class A: ...\n" * 1_000 + "# 계약"])
def test_the_very_text_that_is_sent_is_shown_whole(tmp_path: Path, source: str | None) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on the path")
    act = {"act": "upgrade", "network": "shop"} | ({} if source is None else {"source": source})
    text = json.dumps(act, ensure_ascii=False, separators=(",", ":"))
    wire = (STATIC / "wire.js").as_uri()
    script = (STATIC / "admin" / "confirming.js").read_text().replace("/static/wire.js", wire)
    (tmp_path / "confirming.mjs").write_text(script)
    (tmp_path / "show.mjs").write_text(SHOW)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    command = [node, str(tmp_path / "show.mjs"), str(tmp_path / "confirming.mjs"), json.dumps(text)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    digest = None if source is None else sha256(source.encode()).hexdigest()
    assert json.loads(told.stdout) == [True, text, digest]
