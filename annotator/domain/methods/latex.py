r"""The report as a folder of LaTeX: a document that compiles, and its parts to `\input`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zipfile import ZIP_DEFLATED, ZipFile

from annotator.domain.methods.escaping import escape, is_for_pdflatex
from annotator.domain.methods.facts import Facts
from annotator.domain.methods.preamble import DOCUMENT, PREAMBLE
from annotator.domain.methods.references import bibtex
from annotator.domain.methods.rows import MISSING, Row, Topic

_PDFLATEX = "% Compile with pdfLaTeX and BibTeX; XeLaTeX and LuaLaTeX do as well."
_XELATEX = """% !TeX program = xelatex
% Compile with XeLaTeX or LuaLaTeX, and BibTeX: some texts are in a script that pdfLaTeX has no
% letters for. On Overleaf: Menu, Compiler."""
_TEXT = r"""% For a paper: \input{methods-preamble} before \begin{document},
% \input{methods-text} where it belongs, and methods.bib among its bibliographies.
"""
_FIGURE = r"""
\begin{figure}[!htbp]
\centering
\includegraphics[width=0.8\linewidth,height=0.38\linewidth,keepaspectratio]{interface.png}
\caption{%s}
\end{figure}
"""
_CHECKLIST = r"""% Wants a page of one column: in a paper of two, put \onecolumn before it.
\section*{Reporting checklist}
After Otani et al.~\cite{otani2023}.

\begin{longtable}{@{}>{\raggedright\arraybackslash\hspace{0pt}}p{0.3\linewidth}
                  >{\raggedright\arraybackslash\hspace{0pt}}p{0.66\linewidth}@{}}
\toprule\endhead
\bottomrule\endfoot
"""


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ZIP."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as found:
        for name, content in files.items():
            found.writestr(name, content)
    return packed.getvalue()


@dataclass(frozen=True)
class Picture:
    """What raters judged."""

    png: bytes
    caption: str


def files(facts: Facts, made: Sequence[Topic], picture: Picture | None) -> dict[str, bytes]:
    """By name. `methods.tex` inputs the others."""
    title = escape(facts.study.name)
    text = _TEXT + "\n".join(map(_prose, made))
    if picture:
        text += _FIGURE.replace("%s", escape(picture.caption))
    checklist = _checklist(made) + _appendices(facts)
    plain = all(map(is_for_pdflatex, (title, text, checklist)))
    document = DOCUMENT.replace("%(engine)s", _PDFLATEX if plain else _XELATEX)
    texts = {
        "methods.tex": document.replace("%(title)s", title),
        "methods-preamble.tex": PREAMBLE,
        "methods-text.tex": text,
        "methods-checklist.tex": checklist,
        "methods.bib": bibtex(),
    }
    found = {name: content.encode() for name, content in texts.items()}
    return found | ({"interface.png": picture.png} if picture else {})


def _prose(topic: Topic) -> str:
    sentences = [_sentence(row) for row in topic.rows if row.recorded and row.sentence]
    if topic.missing:
        sentences.append(rf"\tofill{{{escape(', '.join(topic.missing))}}}")
    return "\n".join((rf"\paragraph{{{escape(topic.title)}}}", *sentences, ""))


def _sentence(row: Row) -> str:
    cites = "".join(rf"~\cite{{{key}}}" for key in row.cites)
    text = escape(row.sentence)
    return text.removesuffix(".") + cites + "." if cites else text


def _checklist(made: Sequence[Topic]) -> str:
    lines = []
    for topic in made:
        title = rf"\multicolumn{{2}}{{@{{}}l}}{{\textbf{{{escape(topic.title)}}}}} \\*"
        lines.append(title if topic is made[0] else rf"\addlinespace {title}")
        for row in topic.rows:
            answer = escape(row.answer) if row.recorded else rf"\textbf{{{escape(MISSING)}}}"
            lines.append(rf"{escape(row.asked)} & {answer} \\")
    return _CHECKLIST + "\n".join((*lines, r"\end{longtable}", ""))


def _appendices(facts: Facts) -> str:
    texts = {"Instructions": facts.study.instructions, "Consent": facts.study.consent_text}
    return "".join(_appendix(title, text) for title, text in texts.items() if text.strip())


def _appendix(title: str, text: str) -> str:
    """What raters read, with its paragraphs and lines."""
    paragraphs = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n")]
    body = "\n\n".join(
        "\\newline\n".join(map(escape, part.splitlines())) for part in paragraphs if part
    )
    return f"\n\\section*{{{title}}}\n\\begin{{quote}}\n{body}\n\\end{{quote}}\n"
