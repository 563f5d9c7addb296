"""Without the extra `chain-id`: the commands say what is missing, and the stories run."""

import subprocess
import sys

HIDE = "import sys; sys.modules['joserfc'] = None; "


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, to which the library of the extra is not installed."""
    command = [sys.executable, "-P", "-c", HIDE + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_the_commands_name_the_extra_that_is_missing() -> None:
    done = run("import runpy; runpy.run_module('dure.apps.chain_id', run_name='__main__')")
    assert done.returncode == 1
    assert 'Chain ID needs its extra: pip install "dure[chain-id]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_library_that_is_missing_otherwise_is_no_missing_extra() -> None:
    done = run(
        "del sys.modules['joserfc']; sys.modules['httpx'] = None; "
        "from dure.apps.chain_id.__main__ import load_commands; load_commands()"
    )
    assert "ModuleNotFoundError" in done.stderr
    assert "extra" not in done.stderr


def test_the_demo_needs_no_extra() -> None:
    done = run(
        "from dure.application import find_application; from dure.testing import World; "
        "story = find_application('chain-id').stories[0]; story(World()); print('told')"
    )
    assert (done.stdout, done.returncode) == ("told\n", 0), done.stderr
