"""The report as one LaTeX file that brings its references along.

For pdfLaTeX; texts in scripts it has no letters for want XeLaTeX or LuaLaTeX, as the file says.
"""

from __future__ import annotations

from collections.abc import Sequence

from annotator.domain.methods.facts import Facts
from annotator.domain.methods.references import bibtex
from annotator.domain.methods.rows import MISSING, Row, Topic

_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "τ": r"\ensuremath{\tau}",
    "α": r"\ensuremath{\alpha}",
    "\N{NO-BREAK SPACE}": "~",
}
_HEAD = r"""% How “%(name)s” was done. Compile with pdfLaTeX and BibTeX;
% with XeLaTeX or LuaLaTeX where texts are in a script that pdfLaTeX has no letters for.
\begin{filecontents*}[overwrite]{methods.bib}
%(references)s\end{filecontents*}
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{longtable}
\usepackage{graphicx}
\title{Methods: %(title)s}
\date{}
\begin{document}
\maketitle
"""
_FIGURE = r"""\begin{figure}[h]
\centering
% Download interface.png from the methods page and put it beside this file.
\IfFileExists{interface.png}{\includegraphics[width=\linewidth]{interface.png}}{interface.png}
\caption{What raters judged: the picture, and the heat map of the judged word over it.}
\end{figure}
"""


def escape(text: str) -> str:
    """The text as LaTeX prints it; what is not printable is left out, line ends become spaces."""
    plain = "".join(
        sign for sign in " ".join(text.split()) if sign.isprintable() or sign in _ESCAPED
    )
    return "".join(_ESCAPED.get(sign, sign) for sign in plain)


def document(facts: Facts, made: Sequence[Topic]) -> str:
    """The whole file: prose, checklist, the texts that raters read, references."""
    head = _HEAD.replace("%(references)s", bibtex())
    # On one line: what follows a line end is no longer the comment.
    head = head.replace("%(name)s", escape(facts.study.name)).replace(
        "%(title)s", escape(facts.study.name)
    )
    return "\n".join(
        (
            head,
            *map(_prose, made),
            _FIGURE,
            _checklist(made),
            _appendix("Instructions", facts.study.instructions),
            _appendix("Consent", facts.study.consent_text),
            r"\bibliographystyle{plain}",
            r"\bibliography{methods}",
            r"\end{document}",
            "",
        )
    )


def _prose(topic: Topic) -> str:
    sentences = [_sentence(row) for row in topic.rows]
    return "\n".join((rf"\section*{{{escape(topic.title)}}}", *filter(None, sentences), ""))


def _sentence(row: Row) -> str:
    if not row.recorded:
        return rf"\textbf{{[{escape(row.asked)}: {escape(MISSING)}]}}"
    cites = "".join(rf"~\cite{{{key}}}" for key in row.cites)
    text = escape(row.sentence)
    return text.removesuffix(".") + cites + "." if cites and text else text


def _checklist(made: Sequence[Topic]) -> str:
    lines = [
        r"\section*{Checklist}",
        r"After Otani et al.~\cite{otani2023}.",
        r"\begin{longtable}{p{0.28\linewidth}p{0.66\linewidth}}",
    ]
    for topic in made:
        lines.append(rf"\multicolumn{{2}}{{l}}{{\textbf{{{escape(topic.title)}}}}} \\")
        for row in topic.rows:
            answer = escape(row.answer) if row.recorded else rf"\textbf{{{escape(MISSING)}}}"
            lines.append(rf"{escape(row.asked)} & {answer} \\")
    return "\n".join((*lines, r"\end{longtable}", ""))


def _appendix(title: str, text: str) -> str:
    paragraphs = [escape(part) for part in text.split("\n\n") if part.strip()]
    if not paragraphs:
        return ""
    body = "\n\n".join(paragraphs)
    return f"\\section*{{{title}}}\n\\begin{{quote}}\n{body}\n\\end{{quote}}\n"
