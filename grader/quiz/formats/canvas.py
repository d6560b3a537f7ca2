"""What Canvas wants around the questions: identifiers, the quiz's settings, the manifest of the archive."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from grader.quiz.formats.archive import add
from grader.quiz.formats.plain import to_html
from grader.quiz.model import Quiz

XSI = "http://www.w3.org/2001/XMLSchema-instance"


def ident(quiz: Quiz, *names: str) -> str:
    """An identifier that no other quiz of the course has.

    Names are joined by `.`, which no id of ours holds, so that they can be told apart when they are read back.
    """
    return ".".join(["grade", quiz.id, *names])


def points(value: float) -> str:
    """Points as Canvas writes them: `1`, `2.5`."""
    return f"{value:g}" if value < 1e6 else str(value)


def total(quiz: Quiz) -> float:
    """The most points that a student can earn: of a pool only what is picked."""
    pooled = {name for pool in quiz.pools for name in pool.questions}
    alone = sum(question.points for question in quiz.questions if question.id not in pooled)
    return alone + sum(pool.pick * quiz.question(pool.questions[0]).points for pool in quiz.pools)


NOS = ("require_lockdown_browser", "require_lockdown_browser_for_results", "require_lockdown_browser_monitor")
LATER_NOS = (
    "cant_go_back", "available", "one_time_results", "show_correct_answers_last_attempt", "only_visible_to_overrides",
    "module_locked",
)  # fmt: skip


def meta(quiz: Quiz) -> ET.Element:
    """The quiz's settings."""
    root = ET.Element("quiz", {
        "identifier": ident(quiz, "assessment"),
        "xmlns": "http://canvas.instructure.com/xsd/cccv1p0",
        "xmlns:xsi": XSI,
        "xsi:schemaLocation": "http://canvas.instructure.com/xsd/cccv1p0 https://canvas.instructure.com/xsd/cccv1p0.xsd",
    })  # fmt: skip
    add(root, "title", quiz.title)
    add(root, "description", f"<p>{to_html(quiz.description)}</p>" if quiz.description.strip() else "")
    add(root, "shuffle_answers", "true" if quiz.shuffle.options else "false")
    add(root, "scoring_policy", "keep_highest" if quiz.keep == "best" else "keep_latest")
    add(root, "hide_results", "always" if quiz.review.score == "never" else "")
    add(root, "quiz_type", "assignment")
    add(root, "points_possible", f"{total(quiz):.1f}")
    for name in NOS:
        add(root, name, "false")
    add(root, "lockdown_browser_monitor_data")
    # Canvas shows correct answers at once or not at all here; at once would give them away to the next student.
    add(root, "show_correct_answers", "true" if quiz.review.correct == "after_submit" else "false")
    for name in ("anonymous_submissions", "could_be_locked"):
        add(root, name, "false")
    if quiz.time_limit is not None:
        add(root, "time_limit", str(int(quiz.time_limit // 60)))
    add(root, "allowed_attempts", str(quiz.attempts))
    add(root, "one_question_at_a_time", "false")
    for name in LATER_NOS:
        add(root, name, "false")
    _assignment(root, quiz)
    add(root, "assignment_group_identifierref", ident(quiz, "assignment-group"))
    add(root, "assignment_overrides")
    return root


def _assignment(root: ET.Element, quiz: Quiz) -> None:
    """The entry in Canvas's gradebook; unpublished, so that the instructor looks first."""
    item = add(root, "assignment", identifier=ident(quiz, "assignment"))
    add(item, "title", quiz.title)
    for name in ("due_at", "lock_at", "unlock_at"):
        add(item, name)
    fields = {
        "module_locked": "false", "workflow_state": "unpublished", "assignment_overrides": None,
        "quiz_identifierref": ident(quiz, "assessment"), "allowed_extensions": "", "has_group_category": "false",
        "points_possible": f"{total(quiz):.1f}", "grading_type": "points", "all_day": "false",
        "submission_types": "online_quiz", "position": "1", "turnitin_enabled": "false", "vericite_enabled": "false",
        "peer_review_count": "0", "peer_reviews": "false", "automatic_peer_reviews": "false",
        "anonymous_peer_reviews": "false", "grade_group_students_individually": "false", "freeze_on_copy": "false",
        "omit_from_final_grade": "false", "intra_group_peer_reviews": "false", "only_visible_to_overrides": "false",
        "post_to_sis": "false", "moderated_grading": "false", "grader_count": "0",
        "grader_comments_visible_to_graders": "true", "anonymous_grading": "false", "graders_anonymous_to_graders": "false",
        "grader_names_visible_to_final_grader": "true", "anonymous_instructor_annotations": "false",
    }  # fmt: skip
    for name, text in fields.items():
        add(item, name, text)
    add(add(item, "post_policy"), "post_manually", "false")


def manifest(quiz: Quiz) -> ET.Element:
    """What is in the archive."""
    imscp = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
    lom = "http://ltsc.ieee.org/xsd/imsccv1p1/LOM/resource"
    imsmd = "http://www.imsglobal.org/xsd/imsmd_v1p2"
    root = ET.Element("manifest", {
        "identifier": ident(quiz, "manifest"), "xmlns": imscp, "xmlns:lom": lom, "xmlns:imsmd": imsmd, "xmlns:xsi": XSI,
        "xsi:schemaLocation": (
            f"{imscp} http://www.imsglobal.org/xsd/imscp_v1p1.xsd "
            f"{lom} http://www.imsglobal.org/profile/cc/ccv1p1/LOM/ccv1p1_lomresource_v1p0.xsd "
            f"{imsmd} http://www.imsglobal.org/xsd/imsmd_v1p2p2.xsd"
        ),
    })  # fmt: skip
    about = add(root, "metadata")
    add(about, "schema", "IMS Content")
    add(about, "schemaversion", "1.1.3")
    title = add(add(add(about, "imsmd:lom"), "imsmd:general"), "imsmd:title")
    add(title, "imsmd:string", quiz.title)
    add(root, "organizations")
    resources = add(root, "resources")
    name, settings = ident(quiz, "assessment"), ident(quiz, "settings")
    questions = add(resources, "resource", identifier=name, type="imsqti_xmlv1p2")
    add(questions, "file", href=f"{name}/{name}.xml")
    add(questions, "dependency", identifierref=settings)
    path = f"{name}/assessment_meta.xml"
    kind = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
    add(add(resources, "resource", identifier=settings, type=kind, href=path), "file", href=path)
    return root
