"""Each layer of the sandbox: what a program can't do with it and could do without it."""

import ctypes
import os
import socket
import tempfile
from pathlib import Path

import pytest
from confining import ALL, running, said, skip_without, start, wait_for

import grader
from grader.engines import confine

pytestmark = pytest.mark.train

LOCKS = ("privileges",)
CHECKOUT = Path(grader.__file__).parents[1]


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("secret")
    return path


READ = """
try:
    print(open({path!r}).read())
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize(("layers", "seen"), [(("files",), "FileNotFoundError"), ((), "secret")])
def test_files_hides_the_machine(secret, layers, seen):
    """A file outside isn't there at all."""
    skip_without("files")

    assert said(READ.format(path=str(secret)), only=layers) == seen


@pytest.mark.parametrize(("layers", "seen"), [(("landlock",), "PermissionError"), ((), "secret")])
def test_landlock_refuses_files(secret, layers, seen):
    """A file outside can't be opened, even where it can be seen."""
    skip_without("landlock")

    assert said(READ.format(path=str(secret)), only=(*layers, *LOCKS)) == seen


@pytest.mark.parametrize(("layers", "same"), [(("files", "user"), "False"), (("files",), "True")])
def test_user_is_nobody_else(layers, same):
    """It runs as a user of its own, without any group of the grader's."""
    skip_without("files", "user")

    assert said(f"import os; print(os.getuid() == {os.getuid()})", only=layers) == same


def test_user_is_never_the_same_twice():
    """Two submissions can't signal or read each other."""
    skip_without("user")
    program = "import os; print(os.getuid())"

    assert said(program) != said(program)


@pytest.mark.parametrize(("layers", "seen"), [(("processes",), "ProcessLookupError"), ((), "seen")])
def test_processes_of_others_are_out_of_reach(layers, seen):
    """The grader's process has no number that it could signal."""
    skip_without("processes")
    program = f"""
import os
try:
    os.kill({os.getpid()}, 0)
    print("seen")
except OSError as error:
    print(type(error).__name__)
"""

    assert said(program, only=layers) == seen


@pytest.mark.parametrize(("layers", "seen"), [(("network",), "OSError"), ((), "connected")])
def test_network_has_no_interface(layers, seen):
    """Not even this machine's own address answers."""
    skip_without("network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), 2)
    print("connected")
except OSError:
    print("OSError")
"""

        assert said(program, only=layers) == seen


@pytest.mark.parametrize(("layers", "seen"), [(("ipc",), "False"), ((), "True")])
def test_ipc_objects_of_others_are_not_there(layers, seen):
    """A shared segment of the machine's can't be found by its key."""
    skip_without("ipc")
    libc, key = ctypes.CDLL(None), int.from_bytes(os.urandom(3), "big")
    segment = libc.shmget(key, 4096, 0o1666)
    try:
        assert said(f"import ctypes; print(ctypes.CDLL(None).shmget({key}, 4096, 0) >= 0)", only=layers) == seen
    finally:
        libc.shmctl(segment, 0, None)


@pytest.mark.parametrize(("layers", "seen"), [(("hostname",), "grade"), ((), socket.gethostname())])
def test_hostname_is_not_the_machines(layers, seen):
    """The machine's name isn't told."""
    skip_without("hostname")

    assert said("import socket; print(socket.gethostname())", only=layers) == seen


@pytest.mark.parametrize(("layers", "same"), [(("cgroups",), "False"), ((), "True")])
def test_cgroups_are_a_namespace_of_its_own(layers, same):
    """It can't see which control groups there are above its own."""
    skip_without("cgroups")
    program = f"import os; print(os.readlink('/proc/self/ns/cgroup') == {os.readlink('/proc/self/ns/cgroup')!r})"

    assert said(program, only=layers) == same


@pytest.mark.parametrize(("layers", "seen"), [(("limits",), "OSError"), ((), "done")])
def test_limits_bound_the_size_of_a_file(layers, seen):
    """A file of terabytes can't be made, not even a sparse one."""
    program = """
try:
    with open("big", "wb") as file:
        file.truncate(10**12)
    print("done")
except OSError:
    print("OSError")
"""

    assert said(program, only=layers) == seen


def test_limits_bound_the_number_of_processes():
    """A fork bomb meets the limit long before the machine does."""
    skip_without("user", "files")
    program = """
import os, sys
count = 0
try:
    while count < 3000:
        if os.fork() == 0:
            import time; time.sleep(100)
        count += 1
except OSError:
    pass
print(200 < count < 2000, flush=True)
os._exit(0)
"""

    assert said(program, only=("limits", "user", "files", "processes", "capabilities")) == "True"


@pytest.mark.parametrize(("layers", "seen"), [(("capabilities",), "PermissionError"), ((), "done")])
@pytest.mark.skipif(os.getuid() != 0, reason="only root has capabilities to lose")
def test_capabilities_are_gone_even_for_root(layers, seen):
    """User id 0 without them can't do what only root may, and a new program doesn't bring them back."""
    program = """
import os
try:
    os.chroot("/")
    print("done")
except OSError as error:
    print(type(error).__name__)
"""

    assert said(program, only=layers) == seen


@pytest.mark.parametrize(("layers", "seen"), [(("privileges",), "1"), ((), "0")])
def test_privileges_cannot_be_gained(layers, seen):
    """Set-user-id programs don't become root for it."""
    program = "print([line for line in open('/proc/self/status') if 'NoNewPrivs' in line][0].split()[1])"

    assert said(program, only=layers) == seen


SYSTEM_CALLS = {
    "a network socket": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "a virtual machine's socket": "socket.socket(40, socket.SOCK_STREAM)",
    "a local socket where files are shared": "socket.socket(socket.AF_UNIX)",
    "a namespace": "call(272 if x86 else 97, 0x10000000)",
    "another's memory": "call(310 if x86 else 270, os.getpid(), None, 0, None, 0, 0)",
    "asynchronous calls": "call(425, 1, None)",
    "a file by its handle": "call(304 if x86 else 265, -1, None, 0)",
    "a call from the future": "call(9999)",
    "another's limits": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
    "another's cores": "os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0))",
    "another's priority": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "everybody's priority": "os.setpriority(os.PRIO_USER, 0, 19)",
    "a descriptor's signals for another": "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
    "a file emptied by its name where files are shared": "os.truncate('program.py', 1)",
    "a file emptied for reading where files are shared": "os.open('program.py', os.O_RDONLY | os.O_TRUNC)",
}
CALL = """
import ctypes, errno, fcntl, os, resource, socket
x86 = os.uname().machine == "x86_64"
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")
try:
    {expression}
    print("done")
except OSError as error:
    print(errno.errorcode[error.errno])
"""
REFUSED = ("EPERM", "ENOSYS", "EAFNOSUPPORT")


@pytest.mark.parametrize("name", SYSTEM_CALLS)
def test_system_calls_are_refused(name):
    """What no honest submission needs ends in an error, as if the kernel couldn't do it."""
    skip_without("system-calls")

    assert said(CALL.format(expression=SYSTEM_CALLS[name]), only=("system-calls", *LOCKS)) in REFUSED


@pytest.mark.parametrize("name", [name for name in SYSTEM_CALLS if name.startswith(("a n", "a file e", "another's l", "another's c"))])
def test_without_the_filter_these_calls_work(name):
    """The tests above show the filter, and not another reason."""
    assert said(CALL.format(expression=SYSTEM_CALLS[name]), only=()) == "done"


def test_system_calls_to_signal_others_are_refused_where_processes_are_shared():
    """The keeper, of the same user, can't be stopped or killed."""
    skip_without("system-calls")
    program = """
import os
for signal in (0, 9, 19):
    try:
        os.kill(os.getppid(), signal)
        print("sent")
    except PermissionError:
        print("refused")
os.kill(os.getpid(), 0)
"""

    assert said(program, only=("system-calls", *LOCKS)) == "refused\nrefused\nrefused"


LABELS = """
import os
path = {path!r}
os.chmod(path, 0o777)
os.utime(path, (0, 0))
os.chown(path, os.getuid(), os.getgid())
os.setxattr(path, "user.odd", b"x")
"""


@pytest.mark.parametrize(("layers", "changed"), [(("system-calls", *LOCKS), False), ((), True)])
def test_system_calls_leave_modes_and_times_of_shared_files(secret, layers, changed):
    """Where the user who grades owns the files, they can't be given to all; copying a file still seems to work."""
    skip_without("system-calls")
    before = secret.stat()

    said(LABELS.format(path=str(secret)), only=layers)

    assert (secret.stat() != before) == changed


def test_honest_code_sets_its_own_limits():
    """What is refused for others is allowed for oneself."""
    program = """
import os, resource
os.nice(1)
os.setpriority(os.PRIO_PROCESS, os.getpid(), os.getpriority(os.PRIO_PROCESS, 0) + 1)
os.sched_setaffinity(0, os.sched_getaffinity(0))
os.sched_setscheduler(os.getpid(), os.SCHED_BATCH, os.sched_param(0))
resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE, (100, 100))
resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90))
print("done")
"""

    assert said(program) == "done"


HIDDEN_MEMORY = """
import os, time
file = os.memfd_create("x")
for _ in range(200):
    os.write(file, bytes(1_000_000))
print("survived", flush=True)
time.sleep(1)
"""


def test_memory_group_counts_memory_that_no_process_maps():
    """A file in memory counts, which no look at the processes shows."""
    skip_without("memory-group")
    with running(HIDDEN_MEMORY, memory=100_000_000, only=("memory-group",)) as process:
        wait_for(lambda: not process.is_alive())
        assert (process.memory_exceeded, process.read_output()) == (True, "")

    with running(HIDDEN_MEMORY, memory=100_000_000, only=("memory-watch",)) as process:
        wait_for(lambda: not process.is_alive())
        assert (process.memory_exceeded, process.read_output()) == (False, "survived\n")


def test_without_a_memory_group_there_are_no_files_in_memory():
    """What the watch can't count can't be had."""
    skip_without("system-calls")
    program = """
import os
try:
    os.memfd_create("x")
    print("made")
except OSError as error:
    print(error.strerror)
"""

    assert said(program, without=("memory-group",)) == "Function not implemented"


def test_process_group_bounds_threads_even_for_root():
    """The kernel counts, whoever the user is."""
    skip_without("process-group")
    program = """
import threading, time
threading.stack_size(65536)
count = 0
try:
    while count < 5000:
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        count += 1
except RuntimeError:
    pass
print(count < 5000, flush=True)
import os; os._exit(0)
"""

    assert said(program, only=("memory-group",)) == "True"


GROW = """
import mmap, os, time
{share}
print("survived", flush=True)
time.sleep(1)
"""
WAYS = {
    "private": "x = bytearray(300_000_000)",
    "shared": "x = mmap.mmap(-1, 300_000_000); x.write(bytes(300_000_000))",
    "children": "[os.fork() or (bytearray(b'1') * 50_000_000, time.sleep(9)) for _ in range(6) if os.getpid() == me]",
    "files": "[open(f'/tmp/{i}', 'wb').write(bytes(30_000_000)) for i in range(3)]",
}


@pytest.mark.parametrize("way", ["private", "shared", "children"])
def test_memory_watch_ends_a_tree_that_uses_too_much(way):
    """However the memory is had, its sum over all processes counts."""
    program = GROW.format(share="me = os.getpid(); " + WAYS[way])
    with running(program, memory=200_000_000, only=("memory-watch",)) as process:
        wait_for(lambda: process.memory_exceeded)
        assert process.wait_for_code(5) == -9

    with running(program, memory=200_000_000, only=()) as process:
        wait_for(lambda: process.read_output() == "survived\n")
        assert not process.memory_exceeded


def test_memory_watch_does_not_count_shared_pages_twice():
    """Forked children that only look at their parent's memory are no children that fill it."""
    program = """
import os, time
x = bytearray(b"1") * 60_000_000
for _ in range(6):
    if os.fork() == 0:
        time.sleep(1); os._exit(0)
time.sleep(0.6)
"""
    with running(program, memory=200_000_000, only=("memory-watch",)) as process:
        wait_for(lambda: not process.is_alive())

        assert (process.memory_exceeded, process.returncode) == (False, 0)


def test_memory_watch_counts_private_temporary_files():
    """The private /tmp lies in memory, and counts as such where no control group does."""
    skip_without("files")
    program = "x = bytearray(b'1') * 100_000_000; open('/tmp/x', 'wb').write(bytes(80_000_000)); import time; time.sleep(9)"
    with running(program, memory=170_000_000, without=("memory-group",)) as process:
        wait_for(lambda: process.memory_exceeded)


def test_memory_watch_counts_files_on_disk_where_the_file_system_is_shared():
    """A scratch folder on the disk is bounded like memory."""
    program = """
for number in range(30):
    open(str(number), "wb").write(bytes(10_000_000))
import time; time.sleep(9)
"""
    with running(program, memory=200_000_000, without=("memory-group", "files")) as process:
        wait_for(lambda: process.memory_exceeded)


def test_temporary_files_are_bounded_in_size_and_number():
    """A full private disk is an error for the program, and no concern of the machine's."""
    skip_without("files")
    program = """
import os
for place, count, size in (("/tmp", 40, 10_000_000), ("/dev/shm", 200_000, 0)):
    try:
        for number in range(count):
            with open(f"{place}/{number}", "wb") as file:
                file.write(bytes(size))
        print("written")
    except OSError as error:
        print(error.strerror)
    for name in filter(str.isdigit, os.listdir(place)):
        os.unlink(f"{place}/{name}")
"""

    assert said(program, memory=400_000_000) == "No space left on device\nNo space left on device"


def test_the_grader_s_course_and_the_caller_s_home_are_not_there(tmp_path):
    """Of the checkout only the package is seen, and of a home folder nothing but the interpreter."""
    skip_without("files")
    (tmp_path / "readable").mkdir()
    (tmp_path / "readable" / "hidden").mkdir()
    (tmp_path / "readable" / "hidden" / "key").write_text("key")
    (tmp_path / "readable" / "data").write_text("data")
    program = f"""
import os
print([name for name in os.listdir({str(CHECKOUT)!r}) if name in ("grader", "solutions", "exercises", "tests")])
print(sorted(os.listdir({str(tmp_path / "readable")!r})), os.listdir({str(tmp_path / "readable" / "hidden")!r}))
print(os.listdir("/tmp") == [] or os.listdir("/tmp")[0].startswith("pytest"))
"""
    policy = {"readable": (tmp_path / "readable",), "hidden": (tmp_path / "readable" / "hidden",)}

    assert said(program, **policy) == "['grader']\n['data', 'hidden'] []\nTrue"


@pytest.fixture
def folder_of_all():
    """A folder that the student's process could read as another user, too, whom pytest's own keep out."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_landlock_hides_what_lies_in_a_readable_folder_too(folder_of_all):
    """Without a file system of its own, the folder's other entries are granted one by one."""
    skip_without("landlock")
    tmp_path = folder_of_all
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "key").write_text("key")
    (tmp_path / "data").write_text("data")
    program = READ.format(path=str(tmp_path / "hidden" / "key")) + READ.format(path=str(tmp_path / "data"))
    policy = {"readable": (tmp_path,), "hidden": (tmp_path / "hidden",)}

    assert said(program, without=("files",), **policy) == "PermissionError\ndata"


def test_nothing_readable_can_be_written():
    """Neither the interpreter nor the packages nor the root folder take a file."""
    program = """
import os, sys, sysconfig
for folder in ("/", "/usr", "/etc", sys.prefix, sysconfig.get_path("purelib"), "/dev", "/home/student/.."):
    try:
        open(f"{folder}/mine", "w").close()
        print("written to", folder)
    except OSError:
        pass
"""

    assert said(program) == ""


def test_what_programs_need_is_there():
    """Temporary files, random numbers, shared memory, threads, time zones, users, and a child process work."""
    skip_without("files")
    program = """
import getpass, multiprocessing, os, subprocess, tempfile, threading, time
with tempfile.NamedTemporaryFile() as file: file.write(b"x")
os.urandom(8); open("/dev/urandom", "rb").read(8)
thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
lock = multiprocessing.Lock()
print(getpass.getuser(), os.cpu_count() > 0, subprocess.run(["echo", "child"], capture_output=True).stdout)
os.mkfifo("pipe"); os.symlink("a", "b"); open("plot.png", "wb").close()
"""

    assert said(program) == "thread\nstudent True b'child\\n'"


def test_off_isolates_nothing_but_still_ends_everything():
    """At level off only the bounds and the end remain."""
    process = start("import os; print(os.getuid(), flush=True); import time; time.sleep(99)", level="off")
    wait_for(lambda: process.read_output().endswith("\n"))

    process.kill()

    assert int(process.read_output()) == os.getuid()
    assert not set(process.layers) & set(ALL)


def test_every_layer_is_explained():
    """`grade doctor` can say of each layer what it does and what its absence means."""
    with running("") as process:
        assert set(process.layers) <= set(confine.LAYERS_BY_NAME)
    assert all(layer.does and layer.without for layer in confine.SYSTEM_LAYERS)


@pytest.mark.skipif(os.getuid() != 0, reason="control groups are root's")
def test_no_control_group_stays_behind():
    """When a run is over its groups are gone."""
    skip_without("memory-group")
    with running("") as process:
        name = f"grade-{process.process.pid}-*"

    found = [list(Path("/sys/fs/cgroup").glob(f"{depth}{name}")) for depth in ("", "*/", "*/*/", "*/*/*/")]

    assert found == [[], [], [], []]
