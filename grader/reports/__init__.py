"""Reports: one module per format, each with `render(verdicts) -> str`; they show verdicts and never decide anything.

Whatever came from a student passes through `text.visible` on its way into a report.
"""
