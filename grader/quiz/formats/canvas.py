"""What Canvas wants around the questions: identifiers, the quiz's settings, the manifest of the archive."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from grader.quiz.formats.archive import add_element
from grader.quiz.formats.plain import convert_to_html
from grader.quiz.model import Quiz

XSI_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
PICTURE_FOLDER = "images"


def make_identifier(quiz: Quiz, *names: str) -> str:
    """An identifier that no other quiz of the course has.

    Names are joined by `.`, which our ids can't contain, so that they can be split again on import.
    """
    return ".".join(["grade", quiz.id, *names])


def format_canvas_points(value: float) -> str:
    """Points as Canvas writes them: `1`, `2.5`."""
    return f"{value:g}" if value < 1e6 else str(value)


def sum_points(quiz: Quiz) -> float:
    """The most points that a student can earn: of a pool only what is picked."""
    pooled = {name for pool in quiz.pools for name in pool.questions}
    alone = sum(question.points for question in quiz.questions if question.id not in pooled)
    return alone + sum(pool.pick * quiz.find_question(pool.questions[0]).points for pool in quiz.pools)


DISABLED_SETTINGS = (
    "require_lockdown_browser",
    "require_lockdown_browser_for_results",
    "require_lockdown_browser_monitor",
)
LATER_DISABLED_SETTINGS = (
    "cant_go_back", "available", "one_time_results", "show_correct_answers_last_attempt", "only_visible_to_overrides",
    "module_locked",
)  # fmt: skip


def build_settings(quiz: Quiz) -> ET.Element:
    """The quiz's settings."""
    root = ET.Element("quiz", {
        "identifier": make_identifier(quiz, "assessment"),
        "xmlns": "http://canvas.instructure.com/xsd/cccv1p0",
        "xmlns:xsi": XSI_NAMESPACE,
        "xsi:schemaLocation": "http://canvas.instructure.com/xsd/cccv1p0 https://canvas.instructure.com/xsd/cccv1p0.xsd",
    })  # fmt: skip
    add_element(root, "title", quiz.title)
    add_element(root, "description", f"<p>{convert_to_html(quiz.description)}</p>" if quiz.description.strip() else "")
    add_element(root, "shuffle_answers", "true" if quiz.shuffle.options else "false")
    # Canvas knows an average as well, which our quizzes don't.
    add_element(root, "scoring_policy", "keep_highest" if quiz.keep == "best" else "keep_latest")
    add_element(root, "hide_results", "always" if quiz.review.score == "never" else "")
    add_element(root, "quiz_type", "assignment")
    add_element(root, "points_possible", f"{sum_points(quiz):.1f}")
    for name in DISABLED_SETTINGS:
        add_element(root, name, "false")
    add_element(root, "lockdown_browser_monitor_data")
    # Canvas shows correct answers at once or not at all here; at once would give them away to the next student.
    add_element(root, "show_correct_answers", "true" if quiz.review.correct == "after_submit" else "false")
    for name in ("anonymous_submissions", "could_be_locked"):
        add_element(root, name, "false")
    if quiz.time_limit is not None:
        add_element(root, "time_limit", str(int(quiz.time_limit // 60)))
    add_element(root, "allowed_attempts", str(quiz.attempts))
    add_element(root, "one_question_at_a_time", "false")
    for name in LATER_DISABLED_SETTINGS:
        add_element(root, name, "false")
    _add_assignment(root, quiz)
    add_element(root, "assignment_group_identifierref", make_identifier(quiz, "assignment-group"))
    add_element(root, "assignment_overrides")
    return root


def _add_assignment(root: ET.Element, quiz: Quiz) -> None:
    """The entry in Canvas's gradebook; unpublished, so that the instructor looks first."""
    item = add_element(root, "assignment", identifier=make_identifier(quiz, "assignment"))
    add_element(item, "title", quiz.title)
    for name in ("due_at", "lock_at", "unlock_at"):
        add_element(item, name)
    fields = {
        "module_locked": "false", "workflow_state": "unpublished", "assignment_overrides": None,
        "quiz_identifierref": make_identifier(quiz, "assessment"), "allowed_extensions": "", "has_group_category": "false",
        "points_possible": f"{sum_points(quiz):.1f}", "grading_type": "points", "all_day": "false",
        "submission_types": "online_quiz", "position": "1", "turnitin_enabled": "false", "vericite_enabled": "false",
        "peer_review_count": "0", "peer_reviews": "false", "automatic_peer_reviews": "false",
        "anonymous_peer_reviews": "false", "grade_group_students_individually": "false", "freeze_on_copy": "false",
        "omit_from_final_grade": "false", "intra_group_peer_reviews": "false", "only_visible_to_overrides": "false",
        "post_to_sis": "false", "moderated_grading": "false", "grader_count": "0",
        "grader_comments_visible_to_graders": "true", "anonymous_grading": "false", "graders_anonymous_to_graders": "false",
        "grader_names_visible_to_final_grader": "true", "anonymous_instructor_annotations": "false",
    }  # fmt: skip
    for name, text in fields.items():
        add_element(item, name, text)
    add_element(add_element(item, "post_policy"), "post_manually", "false")


def build_manifest(quiz: Quiz) -> ET.Element:
    """What is in the archive."""
    imscp = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
    lom = "http://ltsc.ieee.org/xsd/imsccv1p1/LOM/resource"
    imsmd = "http://www.imsglobal.org/xsd/imsmd_v1p2"
    root = ET.Element("manifest", {
        "identifier": make_identifier(quiz, "manifest"), "xmlns": imscp, "xmlns:lom": lom, "xmlns:imsmd": imsmd, "xmlns:xsi": XSI_NAMESPACE,
        "xsi:schemaLocation": (
            f"{imscp} http://www.imsglobal.org/xsd/imscp_v1p1.xsd "
            f"{lom} http://www.imsglobal.org/profile/cc/ccv1p1/LOM/ccv1p1_lomresource_v1p0.xsd "
            f"{imsmd} http://www.imsglobal.org/xsd/imsmd_v1p2p2.xsd"
        ),
    })  # fmt: skip
    about = add_element(root, "metadata")
    add_element(about, "schema", "IMS Content")
    add_element(about, "schemaversion", "1.1.3")
    title = add_element(add_element(add_element(about, "imsmd:lom"), "imsmd:general"), "imsmd:title")
    add_element(title, "imsmd:string", quiz.title)
    add_element(root, "organizations")
    resources = add_element(root, "resources")
    name, settings = make_identifier(quiz, "assessment"), make_identifier(quiz, "settings")
    questions = add_element(resources, "resource", identifier=name, type="imsqti_xmlv1p2")
    add_element(questions, "file", href=f"{name}/{name}.xml")
    add_element(questions, "dependency", identifierref=settings)
    path = f"{name}/assessment_meta.xml"
    kind = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
    add_element(add_element(resources, "resource", identifier=settings, type=kind, href=path), "file", href=path)
    return root


def add_picture_files(manifest: ET.Element, names: Sequence[str]) -> None:
    """Names the pictures in the manifest, as files of the course."""
    resources = manifest.find("resources")
    assert resources is not None
    for number, name in enumerate(names, 1):
        path = f"{PICTURE_FOLDER}/{name}"
        add_element(
            add_element(resources, "resource", identifier=f"picture_{number}", type="webcontent", href=path),
            "file",
            href=path,
        )
