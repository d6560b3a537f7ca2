"""The command `grade`: one module per command, loaded only when it is called."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from typing import Any

import click

from grader import __version__
from grader.cli import helping
from grader.errors import Exit, GradeError, describe_fault

COMMANDS = {
    "exercise": ("grader.cli.exercise", "Grade one submission: grade EXERCISE FILE"),
    "list": ("grader.cli.list_", "Show the exercises, your points, and what comes next"),
    "show": ("grader.cli.show", "Show what an exercise asks for: its README"),
    "hint": ("grader.cli.hint", "Show the next hint of an exercise"),
    "solution": ("grader.cli.reference", "Show the course's solution, after a pass"),
    "new": ("grader.cli.new", "Start an exercise: copy its stub"),
    "new-exercise": ("grader.cli.new_exercise", "Create a working sample exercise to change"),
    "new-course": ("grader.cli.new_course", "Create a small working course to change"),
    "watch": ("grader.cli.watch", "Check a file whenever you save it; train on a key"),
    "serve": ("grader.serve.command", "Open the course in a browser"),
    "doctor": ("grader.cli.doctor", "Show what the sandbox can do on this machine"),
    "explain": ("grader.cli.explain", "Explain a code, a check or a word in a report"),
    "analyze": ("grader.cli.analyze", "Show how well the questions of a quiz work"),
    "quiz": ("grader.cli.quiz", "Take a quiz, or mark answers to it"),
    "quiz-check": ("grader.cli.quiz.check", "Check quizzes and keys"),
    "quiz-export": ("grader.cli.quiz.export", "Write a quiz for Moodle, Canvas and others"),
    "quiz-import": ("grader.cli.quiz.import_", "Read a quiz from GIFT, text2qti or QTI 1.2"),
    "export": ("grader.cli.export", "Write the grades for Canvas, Moodle and others"),
    "push": ("grader.cli.push", "Send the grades to Canvas or Moodle"),
    "report": ("grader.cli.report", "Show a class's results"),
    "correct": ("grader.cli.correct", "Set a grade by hand, or write to a student"),
    "feedback": ("grader.cli.feedback", "Write a page for each student, to give back"),
    "explain-verdict": ("grader.cli.explain_verdict", "Show where a student's points come from"),
    "regrade": ("grader.cli.regrade", "Mark again after fixing a key or a check"),
    "batch": ("grader.cli.batch", "Grade a whole class into a gradebook"),
    "similar": ("grader.cli.similar", "Show which files of a class are alike; no score"),
    "cache": ("grader.cli.cache", "Show or clear stored results of earlier gradings"),
    "bundle": ("grader.cli.bundle", "Write the files that Gradescope, GitHub or GitLab need"),
    "release": ("grader.cli.release", "Make the students' repository, without solutions"),
    "selfcheck": ("grader.cli.selfcheck", "Prove that stubs fail and solutions pass"),
}
MAIN_COMMAND = "exercise"
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
# Reading modules and YAML makes objects that stay, so looking for garbage among them finds none.
ALLOCATIONS_PER_COLLECTION = 50_000


class LazyCommands(click.Group):
    """Loads a command's module when it is called; `grade EXERCISE FILE` needs no command name."""

    context_class = helping.HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if name != MAIN_COMMAND]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # Only the one that is called: all of them together take longer to import than most commands run.
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return helping.lay_out(command)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else "--help"
        # Everything that is no command is the main job's, so that `grade exercise3 file.py` works.
        if first not in COMMANDS and first not in ("--help", "-h", "--version"):
            # A lone word may be an exercise or a file, and else was meant to be a command.
            if len(args) == 1 and not first.startswith("-"):
                importlib.import_module("grader.cli.completing").check_mistyped(ctx, first, self.list_commands(ctx))
            args = [MAIN_COMMAND, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        offered: list[Any] = importlib.import_module("grader.cli.completing").list_completions(ctx, incomplete)
        return [*super().shell_complete(ctx, incomplete), *offered]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        helping.write_commands(formatter, {name: COMMANDS[name][1] for name in self.list_commands(ctx)})

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.help = helping.unwrap(self.help)
        super().format_help_text(ctx, formatter)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("grade", "EXERCISE FILE [OPTIONS]")
        formatter.write_usage("grade", "COMMAND …", prefix="       ")


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grade")
def commands() -> None:
    r"""Grade deep-learning exercises: your file declares a training, the grader runs and measures it.

    \b
    grade exercise3 my_solution.py   grade a file
    grade exercise --help            its options
    grade list --help                those of a command
    """


def main() -> None:
    """The console script: every expected error becomes one message and its exit code."""
    gc.set_threshold(ALLOCATIONS_PER_COLLECTION)
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _end)
    sys.exit(run_command_line(sys.argv[1:]))


def _end(number: int, _frame: object) -> None:
    """Ends in order: what was started is ended, and what was laid down removed. Raises: SystemExit."""
    for each in ENDING:  # in the middle of that, a second one would leave something behind
        signal.signal(each, signal.SIG_IGN)
    # As shells report a process that a signal ended.
    sys.exit(128 + number)


def run_command_line(args: list[str]) -> int:
    """Runs one command line; returns its exit code."""
    try:
        # click's own handling would end the process before our exit codes are chosen.
        result: Any = commands.main(args, prog_name="grade", standalone_mode=False)
    except GradeError as error:
        click.echo(f"grade: {error}", err=True)
        return error.exit_code
    except click.exceptions.Abort:
        click.echo("grade: interrupted", err=True)
        return Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except BrokenPipeError:
        # Python flushes stdout when it ends, and would complain about the closed pipe once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAULT
    except Exception as error:
        # A student gets a sentence; whoever mends the grader wants the traceback.
        if os.environ.get("GRADE_DEBUG"):
            raise
        click.echo(f"grade: {describe_fault(error)}", err=True)
        return Exit.FAULT
    return int(result or 0)
