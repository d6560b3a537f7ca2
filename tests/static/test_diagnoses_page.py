import runpy
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_what_the_code_says():
    """docs/diagnoses.md is up to date; `python docs/diagnoses.py` writes it."""
    assert runpy.run_path(str(DOCS / "diagnoses.py"))["main"]() == (DOCS / "diagnoses.md").read_text(encoding="utf-8")
