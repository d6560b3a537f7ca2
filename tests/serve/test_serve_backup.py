"""The backup that docs/serve.md describes, made while work is going on, and restored."""

import shutil
import sqlite3

from serve_samples import CODE, HOST, PEOPLE, make_worker, open_browser
from sqlalchemy import update

from grader.serve.opening import load_content, open_class_site
from grader.serve.tables import SUBMISSION_TABLE


def test_a_copy_has_everything_and_goes_on(site, tmp_path):
    """Graded, running and waiting work, an open quiz, and links; what was being graded then is graded again, once."""
    ada = open_browser(site, "ada")
    ada.hand_in()
    make_worker(site).grade_next()
    running, waiting = ada.hand_in(CODE + b"\n"), ada.hand_in(CODE + b"\n\n")
    site.queue.claim_next("gone")
    ada.post("/quizzes/warmup/attempts")
    ada.post("/quizzes/warmup/answers", {"attempt": "1", "question": "third", "answer": "7", "go": "stay"})
    link = site.signer.sign_link(PEOPLE[0])
    with sqlite3.connect(tmp_path / "gradebook.db") as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    connection.close()
    shutil.move(tmp_path / "copy.db", tmp_path / "restored.db")
    url = f"sqlite:///{tmp_path}/restored.db"
    again, _ = open_class_site(site.course, load_content(site.course), url, at_once=1, hosts=(HOST,), secure=False)
    with again.queue._engine.begin() as connection:
        connection.execute(update(SUBMISSION_TABLE).where(SUBMISSION_TABLE.c.number == running).values(beat_s=0.0))
    worker = make_worker(again)
    while worker.grade_next():
        pass
    browser = open_browser(again)
    browser.get(f"/enter/{link}")

    assert [one.number for one in again.queue.list_submissions(states=("done",))] == [1, running, waiting]
    assert len(again.book.list_figures(current=False)) == 3
    assert again.records.open_attempts(again.quizzes["warmup"], "ada").list_attempts()[0].answers == {"third": "7"}
    assert browser.get("/").status_code == 200
    assert len(site.book.list_figures(current=False)) == 1
