"""``python -m handeye``, and the command itself."""

import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line; Ctrl-C ends it also while it is still being imported."""
    try:
        from handeye.cli import main as command

        command()
    except KeyboardInterrupt:
        # On the spot: the interpreter takes an interrupt in a library's generated code for one that
        # nobody caught, and ends itself by the signal.
        os._exit(130)
    except SystemExit as end:
        # The work is done: while the interpreter takes itself down the signal would end it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if end.code == 2:
            # One line was said; what libraries do at the end (on a full disk) must add nothing.
            with suppress(AttributeError, OSError):  # closed from the beginning, or on a full disk
                sys.stderr.flush()
            os._exit(2)
        raise


if __name__ == "__main__":
    main()
