"""Writes tests/vectors/contracts.json: what contracts answer, which no other Python may change.

A changed gas price or a new rule changes the answers: then this is run again, and the change is
looked at with `git diff`. With --check nothing is written: the answers of this Python are held
against the stored ones.

Usage: python -m scripts.make_contract_vectors [--check]
"""

import json
import platform
import sys

from tests.unit.contract import golden


def main() -> int:
    """Write or check; return the exit code."""
    if "--check" in sys.argv[1:]:
        stored = golden.load()
        differences = golden.list_differences(stored)
        count = len(stored["programs"]) + len(stored["refused"])
        print(f"Python {platform.python_version()}: {count} programs, {len(differences)} differ")
        print("\n".join(differences[:20]))
        return 1 if differences else 0
    # Only making the list of programs needs hypothesis; their bodies are stored in the file.
    from tests.unit.contract.typed_programs import generate  # noqa: PLC0415

    answers = golden.build_answers(generate(golden.GENERATED))
    text = json.dumps(answers, ensure_ascii=True, indent=1)
    golden.VECTORS.write_text(text + "\n", "utf-8")
    print(f"{golden.VECTORS.name}: {len(answers['programs'])} programs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
