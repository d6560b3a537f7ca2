"""Runs a command as an ordinary user, or where namespaces can't be had: `as_user.py UID yes|no COMMAND…`.

Started by root, whose closed home folder may hold the interpreter; it is shown to the user at the same place.
"""

import os
import sys
from pathlib import Path

from grader.engines.confine.inside import seccomp, steps, system

REPOSITORY = Path(__file__).resolve().parents[3]


def open_way(paths):
    """Mounts folders at their own places anew, so that no closed folder stands in the way to them."""
    closed = {path: [folder for folder in Path(path).parents if not folder.stat().st_mode & 1] for path in paths}
    sources = {path: os.open(path, os.O_PATH) for path in paths if closed[path]}
    for top in {str(closed[path][-1]) for path in sources}:
        system.mount("none", top, "tmpfs", 0, "mode=0755")
    for path, source in sources.items():
        Path(path).mkdir(parents=True, exist_ok=True)
        system.mount(f"/proc/self/fd/{source}", path, None, system.MS_BIND | system.MS_REC)


def main():
    user, namespaces, *command = sys.argv[1:]
    if os.getuid() == 0:
        system.unshare(system.NEW_MOUNTS, "mounts")
        system.mount("none", "/", None, system.MS_REC | system.MS_PRIVATE)
        open_way(dict.fromkeys([sys.base_prefix, sys.prefix, str(REPOSITORY)]))
        steps.change_user(int(user))
    if namespaces == "no":
        system.prctl(system.PR_SET_NO_NEW_PRIVS, 1, "no_new_privs")
        seccomp.install_filter(sockets=True, memory_files=True, alone=False, own_only=False)
    os.execv(command[0], command)


main()
