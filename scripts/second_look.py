"""A browser test that was red while two workers shared two cores is asked once more, alone. What is red twice is red.

Only tests that drive a browser get this, and only a few of them: a test of rows, races or money that fails once in a
hundred runs has found something.

    python scripts/second_look.py
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
IN_A_BROWSER = ("tests/web/", "tests/journeys/")
MOST = 5


def main() -> int:
    failed = sorted(json.loads(LAST_FAILED.read_text())) if LAST_FAILED.exists() else []
    others = [name for name in failed if not name.startswith(IN_A_BROWSER)]
    if not failed or others or len(failed) > MOST:
        return 1
    print(f"\nRed with two workers on two cores: {', '.join(failed)}. Asked once more, alone.\n", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", "-n", "0", *failed], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
