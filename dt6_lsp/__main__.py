"""`python -m dt6_lsp` is `dt6-lsp`."""

from dt6_lsp.cli import main

raise SystemExit(main())
