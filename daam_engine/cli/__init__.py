"""`python -m daam_engine generate|trace|sheet|info`: the engine from a shell.

Progress and complaints go to standard error, results to standard output: a line for people, or with
`--json` one JSON object and nothing else. The exit status is 0 when all was done, 2 after one
sentence about what has to be mended, 130 after Ctrl-C.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from daam_engine.cli import generate, info, sheet, trace
from daam_engine.cli.arguments import Parser
from daam_engine.errors import EngineError
from daam_engine.models import silence_libraries

_DONE, _TO_BE_MENDED, _STOPPED = 0, 2, 130
_COMMANDS = (generate, trace, sheet, info)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    silence_libraries()
    try:
        result = options.run(options)
    except EngineError as error:
        return _complain(str(error))
    except OSError as error:
        place = f"“{error.filename}” cannot be used" if error.filename else "A file failed"
        return _complain(f"{place}: {error.strerror or error}.")
    except KeyboardInterrupt:
        print("daam_engine: stopped; what is complete has been kept.", file=sys.stderr)
        return _STOPPED
    print(json.dumps(result, indent=2) if options.json else options.describe(result))
    return _DONE


def _parser() -> Parser:
    parser = Parser(
        prog="python -m daam_engine",
        description="Which word of a prompt painted what? Every command has --help.",
        epilog="Exit status: 0 done; 2 something has to be mended, said in one sentence on "
        "standard error; 130 stopped by Ctrl-C.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    return parser


def _complain(sentence: str) -> int:
    print(f"daam_engine: {sentence}", file=sys.stderr)
    return _TO_BE_MENDED
