"""``python -m smartapp_watch`` and the installed command."""

from __future__ import annotations

from smartapp_watch.cli.main import main

if __name__ == "__main__":
    main()
