"""Golden files: `pytest tests/reports --update-golden` writes them anew; look at the diff before committing it."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine makes a quick test slow now and then; that says nothing about the code.
settings.register_profile("reports", deadline=None)
settings.load_profile("reports")
GOLDEN = Path(__file__).parent.parent / "golden" / "reports"


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def golden(request):
    """Compares a text with `tests/golden/reports/NAME`, or writes it there under --update-golden."""

    def compare(name, text):
        path = GOLDEN / name
        if request.config.getoption("--update-golden", default=False):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        assert path.read_text(encoding="utf-8") == text, f"{path} differs; --update-golden writes it anew"

    return compare
