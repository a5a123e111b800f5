"""What a file can do to a worker, and what it cannot do to anything else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool, self_test
from fairlead.engine.sandbox.job import Job
from fairlead.engine.sandbox.pool import _missing_layers
from fairlead.engine.sandbox.probes import ESCAPES
from fairlead.engine.sandbox.process import bubblewrap
from fairlead.engine.sandbox.wire import Incoming
from fairlead.terms.errors import RunError

PROBES = "fairlead.engine.sandbox.probes:handle"


@pytest.fixture(scope="module")
def pool() -> Iterator[SandboxPool]:
    limits = SandboxLimits(deadline_s=3, memory_bytes=400 << 20, reply_bytes=10_000, output_bytes=100)
    with SandboxPool(handler=PROBES, limits=limits) as started:
        yield started


@pytest.fixture
def content() -> Iterator[int]:
    descriptor = os.memfd_create("content")
    os.write(descriptor, b"benign" * 100)
    yield descriptor
    os.close(descriptor)


def test_the_self_test_finds_no_way_out() -> None:
    report = self_test()
    assert report.holds
    assert report.seccomp
    assert report.rlimits
    assert set(report.attempts) == set(ESCAPES)
    assert report.uid != 0


@pytest.mark.parametrize("act", sorted(ESCAPES))
def test_a_worker_cannot(pool: SandboxPool, act: str) -> None:
    assert pool.call({"act": act}, []).outcome in {Outcome.FAILED, Outcome.CRASHED}


def test_a_worker_that_may_start_threads_cannot_start_thousands(content: int) -> None:
    with SandboxPool(handler=PROBES, limits=SandboxLimits(threads=True, memory_bytes=8 << 30)) as pool:
        assert pool.call({"act": "threads"}, []).outcome in {Outcome.FAILED, Outcome.CRASHED}
        assert pool.call({"act": "size"}, [content]).body == {"size": 600}


@pytest.mark.parametrize(
    ("act", "outcome", "detail"),
    [
        ("crash", Outcome.CRASHED, "SIGSEGV"),
        ("hang", Outcome.TIMEOUT, "deadline passed"),
        ("long", Outcome.CRASHED, "answer out of bounds"),
        ("unheard-of", Outcome.FAILED, "KeyError"),
    ],
)
def test_a_failure_is_named_and_the_next_job_is_answered(
    pool: SandboxPool, content: int, act: str, outcome: Outcome, detail: str
) -> None:
    reply = pool.call({"act": act, "bytes": 50_000}, [])
    assert (reply.outcome, reply.detail) == (outcome, detail)
    assert pool.call({"act": "size"}, [content]).body == {"size": 600}


def test_an_answer_given_out_of_turn_never_passes_for_that_of_the_next_file(
    pool: SandboxPool, content: int
) -> None:
    for _ in range(5):
        pool.call({"act": "forge"}, [])
        assert pool.call({"act": "size"}, [content]).body == {"size": 600}


def test_an_answer_that_lay_ready_before_its_job_was_asked_is_no_answer(
    pool: SandboxPool, content: int
) -> None:
    worker = pool._worker(0)
    worker.ask({"act": "size"}, [content])
    worker._nonce = "another job's"
    assert worker.answer().detail == "answer to no job"
    assert pool.call({"act": "size"}, [content]).body == {"size": 600}


NINE_ACTS = """
import json, os
from fairlead.engine.sandbox import SandboxLimits, SandboxPool
limits = SandboxLimits(deadline_s=4, memory_bytes=400 << 20)
held = os.memfd_create("content")
os.write(held, b"benign" * 100)
told = {"uid": os.getuid()}
with SandboxPool(handler="fairlead.engine.sandbox.probes:handle", limits=limits) as pool:
    told["layers"] = pool.layers()
    for act in ("crash", "hang", "memory", "exec", "socket", "write", "open", "fork", "forge"):
        told[act] = [pool.call({"act": act}, []).outcome.value, pool.call({"act": "size"}, [held]).body]
print(json.dumps(told))
"""


@pytest.mark.parametrize("user", ["who runs the tests", "somebody who is not root"])
def test_nine_hostile_acts_are_stopped_and_the_file_after_each_is_answered(user: str) -> None:
    command = [sys.executable, "-c", NINE_ACTS]
    if user == "somebody who is not root" and os.getuid() == 0:
        # Reading stays allowed: the interpreter may lie in a folder of root's.
        right = "+dac_read_search"
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={right}",
                   f"--ambient-caps={right}", *command]  # fmt: skip
    ran = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=120)
    if ran.stderr.startswith("setpriv:"):
        pytest.skip(f"this computer lets root become nobody else: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert user == "who runs the tests" or told["uid"] != 0
    assert told["layers"]["seccomp"]
    for act in ("crash", "hang", "memory", "exec", "socket", "write", "open", "fork", "forge"):
        outcome, following = told[act]
        assert following == {"size": 600}, act
        assert outcome != "ok" or act == "forge", act


def test_inside_bubblewrap_the_same_acts_are_stopped_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    monkeypatch.setenv("FAIRLEAD_BUBBLEWRAP", "1")
    if subprocess.run([*bubblewrap(), "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel gives no namespaces")
    report = self_test()
    assert report.holds
    assert report.summary.endswith("bubblewrap")
    limits = SandboxLimits(deadline_s=3, memory_bytes=400 << 20)
    held = os.memfd_create("content")
    os.write(held, b"benign" * 100)
    with SandboxPool(handler=PROBES, limits=limits) as wrapped:
        assert wrapped.call({"act": "crash"}, []).detail == "SIGSEGV"
        assert wrapped.call({"act": "hang"}, []).outcome is Outcome.TIMEOUT
        assert wrapped.call({"act": "size"}, [held]).body == {"size": 600}
    os.close(held)


def test_bubblewrap_that_is_wanted_and_missing_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_BUBBLEWRAP", "1")
    monkeypatch.setattr("fairlead.engine.sandbox.process.shutil.which", lambda _: None)
    with SandboxPool(handler=PROBES) as broken, pytest.raises(RunError, match="bubblewrap is not installed"):
        broken.call({}, [])


def test_memory_eaten_is_memory_or_deadline_and_never_the_machine(pool: SandboxPool) -> None:
    assert pool.call({"act": "memory"}, [], deadline_s=60).outcome is Outcome.MEMORY


def test_a_job_writes_no_more_than_its_bound(pool: SandboxPool, content: int) -> None:
    output = os.memfd_create("output")
    reply = pool.call({"act": "copy", "bytes": 500}, [content, output])
    assert reply.body == {"copied": 100}
    assert os.pread(output, 1000, 0) == (b"benign" * 100)[:100]
    os.close(output)


def test_a_descriptor_opened_for_reading_cannot_be_written(pool: SandboxPool, content: int) -> None:
    readable = os.open(f"/proc/self/fd/{content}", os.O_RDONLY)
    assert pool.call({"act": "copy", "bytes": 5}, [content, readable]).outcome is Outcome.FAILED
    os.close(readable)


def test_replies_keep_the_order_of_jobs_on_several_workers(content: int) -> None:
    jobs = [({"act": "crash" if n == 2 else "long", "bytes": n}, [content]) for n in range(9)]
    with SandboxPool(handler=PROBES, workers=2) as two:
        replies = list(two.map(jobs))
    assert [len(reply.body.get("text", "")) for reply in replies] == [0, 1, 0, 3, 4, 5, 6, 7, 8]
    assert replies[2].outcome is Outcome.CRASHED


def test_a_worker_is_replaced_after_its_share_of_jobs(content: int) -> None:
    with SandboxPool(handler=PROBES, limits=SandboxLimits(recycle_after=2)) as short:
        for _ in range(5):
            assert short.call({"act": "size"}, [content]).outcome is Outcome.OK
        assert short.started == 3


def test_a_worker_killed_between_jobs_is_replaced_without_loss(content: int) -> None:
    with SandboxPool(handler=PROBES) as one:
        one.layers()
        worker = one._workers[0]
        assert worker is not None
        worker._process.kill()
        worker._process.wait()
        assert one.call({"act": "size"}, [content]).outcome is Outcome.OK


def kill_soon(pool: SandboxPool, times: int) -> threading.Thread:
    """Kill so many workers one after the other, as the kernel does when memory is short."""

    def kill() -> None:
        killed: list[int] = []
        ends = time.monotonic() + 60
        while len(killed) < times and time.monotonic() < ends:
            worker = pool._workers[0]
            if worker is not None and worker._process.pid not in killed:
                time.sleep(0.3)
                os.kill(worker._process.pid, signal.SIGKILL)
                killed.append(worker._process.pid)
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


@pytest.mark.parametrize(("ask", "workers"), [("call", 1), ("map", 1), ("map", 2)])
def test_a_job_whose_worker_is_killed_from_outside_is_done_again(
    content: int, ask: str, workers: int
) -> None:
    with SandboxPool(handler=PROBES, workers=workers) as one:
        one.layers()
        worker = one._workers[0]
        assert worker is not None
        os.kill(worker._process.pid, signal.SIGSTOP)  # it will have the job, and not have begun
        killer = kill_soon(one, times=1)
        job = ({"act": "size"}, [content])
        replies = [one.call(*job)] * 3 if ask == "call" else list(one.map([job] * 3))
        killer.join()
        assert [(r.outcome, r.body) for r in replies] == [(Outcome.OK, {"size": 600})] * 3
        assert one.started == workers + 1


def test_a_job_whose_workers_are_killed_twice_is_given_up(content: int) -> None:
    with SandboxPool(handler=PROBES) as one:
        killer = kill_soon(one, times=2)
        reply = one.call({"act": "hang"}, [content])
        killer.join()
        assert (reply.outcome, reply.detail) == (Outcome.MEMORY, "SIGKILL")
        assert one.call({"act": "size"}, [content]).outcome is Outcome.OK


def test_what_a_killed_worker_wrote_is_gone_before_the_job_is_done_again(content: int) -> None:
    output = os.memfd_create("output")
    os.write(output, b"before")
    os.lseek(content, 3, os.SEEK_SET)
    job = Job({}, [content, output])
    os.lseek(content, 0, os.SEEK_END)
    os.write(output, b"half an answer")
    job.rewind()
    assert (os.lseek(content, 0, os.SEEK_CUR), os.fstat(content).st_size) == (3, 600)
    assert (os.lseek(output, 0, os.SEEK_CUR), os.fstat(output).st_size) == (6, 6)
    job.close()
    os.close(output)


def test_workers_that_cannot_start_stop_the_run() -> None:
    with SandboxPool(handler="fairlead.engine.nowhere:handle") as broken, pytest.raises(RunError) as told:
        broken.call({}, [])
    assert told.value.code == "SANDBOX-001"


def test_a_worker_without_a_filter_is_not_used_unless_allowed() -> None:
    assert _missing_layers(
        {"rlimits": True, "no_new_privs": True, "seccomp": False, "threads_before": 1}
    ) == [
        "seccomp (system calls are not filtered: a decoder taken over could connect, start programs and read files)"
    ]


def test_workers_die_with_a_killed_supervisor() -> None:
    program = (
        "import time\n"
        "from fairlead.engine.sandbox import SandboxPool\n"
        f"pool = SandboxPool(handler={PROBES!r})\n"
        "pool.layers()\n"
        "print(pool._workers[0]._process.pid, flush=True)\n"
        "pool.call({'act': 'hang'}, [])\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert supervisor.stdout is not None
    worker = int(supervisor.stdout.readline())
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    for _ in range(200):
        if not _runs(worker):
            return
        time.sleep(0.05)
    raise AssertionError("the worker lives on")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_two_answers_at_once_are_refused() -> None:
    answer = b"\0\0\0\x02{}"
    assert Incoming(10).feed(answer) == {}
    with pytest.raises(ValueError, match="more than one"):
        Incoming(10).feed(answer * 2)
    with pytest.raises(ValueError, match="too long"):
        Incoming(10).feed(b"\xff\xff\xff\xff")


@pytest.mark.parametrize(
    ("act", "outcome"),
    [("hang", Outcome.TIMEOUT), ("crash", Outcome.CRASHED), ("unheard-of", Outcome.FAILED)],
)
def test_a_job_that_streams_and_goes_wrong_is_named_and_the_next_one_is_answered(
    content: int, act: str, outcome: Outcome
) -> None:
    with SandboxPool(handler=PROBES, limits=SandboxLimits(deadline_s=3)) as pool:
        streamed = pool.stream({"act": act}, [content], idle_s=1.5, total_s=60)
        assert list(streamed) == []
        assert streamed.reply.outcome is outcome
        assert pool.call({"act": "size"}, [content]).body == {"size": 600}


def test_whoever_stops_in_the_middle_of_a_stream_gets_a_fresh_worker(content: int) -> None:
    with SandboxPool(handler=PROBES, limits=SandboxLimits(deadline_s=3)) as pool:
        frames = iter(pool.stream({"act": "frames", "bytes": 5}, [content], idle_s=10, total_s=60))
        assert next(frames) == (7, bytearray(b"benig"))
        frames.close()
        assert pool.call({"act": "size"}, [content]).body == {"size": 600}
        assert pool.started == 2


def test_frames_come_whole_and_in_order_and_one_that_is_too_long_ends_the_worker(content: int) -> None:
    with SandboxPool(handler=PROBES, limits=SandboxLimits(deadline_s=3)) as pool:
        streamed = pool.stream({"act": "frames", "bytes": 600}, [content], idle_s=10, total_s=60)
        assert [(kind, len(data)) for kind, data in streamed] == [(7, 600)] * 3
        assert streamed.reply.outcome is Outcome.OK
        streamed = pool.stream({"act": "long frame"}, [content], idle_s=10, total_s=60)
        assert list(streamed) == []
        assert (streamed.reply.outcome, streamed.reply.detail) == (Outcome.CRASHED, "answer out of bounds")
