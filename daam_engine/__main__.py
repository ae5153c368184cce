from daam_engine.cli import main

raise SystemExit(main())
