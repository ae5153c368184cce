"""What the report cites, as BibTeX."""

from __future__ import annotations

ENTRIES = {
    "tang2023": r"""@inproceedings{tang2023,
  author    = {Tang, Raphael and Liu, Linqing and Pandey, Akshat and Jiang, Zhiying and
               Yang, Gefei and Kumar, Karun and Stenetorp, Pontus and Lin, Jimmy and Ture, Ferhan},
  title     = {What the {DAAM}: Interpreting Stable Diffusion Using Cross Attention},
  booktitle = {Proceedings of the 61st Annual Meeting of the Association for
               Computational Linguistics},
  year      = {2023},
  doi       = {10.18653/v1/2023.acl-long.310}
}""",
    "otani2023": r"""@inproceedings{otani2023,
  author    = {Otani, Mayu and Togashi, Riku and Sawai, Yu and Ishigami, Ryosuke and
               Nakashima, Yuta and Rahtu, Esa and Heikkil{\"a}, Janne and Satoh, Shin'ichi},
  title     = {Toward Verifiable and Reproducible Human Evaluation for Text-to-Image Generation},
  booktitle = {Proceedings of the IEEE/CVF Conference on Computer Vision and Pattern Recognition},
  year      = {2023}
}""",
    "krippendorff2011": r"""@techreport{krippendorff2011,
  author      = {Krippendorff, Klaus},
  title       = {Computing {Krippendorff's} Alpha-Reliability},
  institution = {Annenberg School for Communication, University of Pennsylvania},
  year        = {2011}
}""",
    "gwet2014": r"""@book{gwet2014,
  author    = {Gwet, Kilem L.},
  title     = {Handbook of Inter-Rater Reliability},
  edition   = {4th},
  publisher = {Advanced Analytics},
  year      = {2014}
}""",
}


def bibtex() -> str:
    return "\n\n".join(ENTRIES.values()) + "\n"
