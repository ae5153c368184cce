"""What the LaTeX files need: packages, and the commands that `escaping` and `latex` use."""

PREAMBLE = r"""% The packages and commands of methods-text.tex and methods-checklist.tex:
% \input this before \begin{document} of a paper that inputs them.
\usepackage{array,booktabs,graphicx,iftex,longtable}
\makeatletter
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage{textcomp}
  % It has no letters for these scripts, so it leaves a mark and says so.
  \newcommand\methods@missing{\mbox{[?]}\gdef\methods@warn{%
    \PackageWarningNoLine{methods}{Texts marked [?] are in a script that pdfLaTeX has no letters
      for: compile with XeLaTeX or LuaLaTeX}}}
  \let\methods@warn\relax
  \AtEndDocument{\methods@warn}
  \DeclareRobustCommand\eastasian[1]{\methods@missing}
  \DeclareRobustCommand\otherscript[1]{\methods@missing}
\else
  \usepackage{fontspec}
  % #1 becomes the first font of the list #2 that is installed.
  \newcommand\methods@choose[2]{%
    \@for\methods@font:=#2\do{%
      \ifdefined#1\else\IfFontExistsTF{\methods@font}{%
        \edef\methods@do{\noexpand\newfontfamily\noexpand#1{\methods@font}}\methods@do}{}\fi}%
    \ifdefined#1\else\let#1\relax\fi}
  \methods@choose\methods@eastasian{Noto Serif CJK SC,Source Han Serif SC,FandolSong,%
    Songti SC,SimSun,Noto Sans CJK SC,Hiragino Mincho ProN,MS Mincho}
  \methods@choose\methods@other{DejaVu Sans,FreeSerif,Noto Sans,Arial Unicode MS,Segoe UI Symbol}
  \DeclareRobustCommand\eastasian[1]{{\methods@eastasian
    \@tfor\methods@sign:=#1\do{\methods@sign\allowbreak\hskip 0pt plus 0.05em\relax}}}
  \DeclareRobustCommand\otherscript[1]{{\methods@other #1}}
\fi
% A line may end here, in the middle of an address.
\newcommand\softbreak{\penalty0\hskip 0pt plus 0.15em\relax}
% A point of the report that nobody has recorded.
\newcommand\tofill[1]{\textbf{[not recorded, fill in: #1]}}
\makeatother
"""

# The document that shows all parts together.
DOCUMENT = r"""%(engine)s
\documentclass[11pt]{article}
\usepackage[margin=2.5cm]{geometry}
\input{methods-preamble}
\ifPDFTeX\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}\fi
\IfFileExists{microtype.sty}{\usepackage{microtype}}{}
\emergencystretch=3em
\title{Methods: %(title)s}
\date{}
\begin{document}
\maketitle
\input{methods-text}
\clearpage
\input{methods-checklist}
\bibliographystyle{plain}
\bibliography{methods}
\end{document}
"""
