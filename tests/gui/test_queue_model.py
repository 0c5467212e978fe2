"""The queue's model and list: sections, merging, and thousands of rows."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.notes import Note
from sora_desktop.engine.works import Transfer
from sora_desktop.storage.catalog import load_catalog
from sora_desktop.ui.job_orders import Order
from sora_desktop.ui.queue.arrangement import Arrangement, Kind, Show
from sora_desktop.ui.queue.delegate import QueueDelegate
from sora_desktop.ui.queue.lines import Lines
from sora_desktop.ui.queue.model import QueueModel
from sora_desktop.ui.queue.view import QueueView
from sora_desktop.ui.thumbnails import Thumbnails
from sora_desktop.ui.viewer.facts import became, notes
from sora_desktop.ui.viewer.states import screen_of
from support.jobs import NOW, made

pytestmark = pytest.mark.usefixtures("dressed")
DAY = 86_400.0


def lines(now: float = NOW, pace: float = 1.0) -> Lines:
    catalog = load_catalog()
    return Lines(lambda job: catalog.model(job.request.provider, job.request.model), lambda _account: pace, lambda: now)


def model_of(*jobs: Job) -> QueueModel:
    model = QueueModel(lines())
    model.load(jobs)
    return model


def view_of(model: QueueModel, qtbot, tmp_path, height: int = 600) -> QueueView:
    thumbnails = Thumbnails(lambda job_id: tmp_path / f"{job_id}.jpg", model)
    view = QueueView(model, QueueDelegate(model, thumbnails, model))
    qtbot.addWidget(view)
    view.resize(344, height)
    view.show()
    return view


def texts(model: QueueModel) -> list[str]:
    return [model.index(row).data() for row in range(model.rowCount())]


FAILED = Failure(kind=FailureKind.REFUSED, code="refused", action=Action.EDIT)


def test_sections_in_order_and_jobs_in_the_order_of_their_section() -> None:
    model = model_of(
        made("done before", State.DONE, finished_at=NOW - DAY),
        made("done first", State.DONE, finished_at=NOW - 20),
        made("done last", State.DONE, finished_at=NOW - 10),
        made("waits second", position=5.0),
        made("waits first", position=4.0),
        made("runs", State.PROCESSING),
        made("failed", State.FAILED, failure=FAILED),
    )
    assert texts(model) == [
        *("Needs attention", "failed", "Active", "runs", "Waiting", "waits first", "waits second"),
        *("Done today", "done last", "done first", "Done yesterday"),
    ]


def test_a_running_job_that_needs_a_person_is_among_the_problems() -> None:
    key = Failure(kind=FailureKind.KEY, code="key_rejected", action=Action.KEY)
    model = model_of(made("stuck", State.PROCESSING, failure=key), made("fine", State.PROCESSING))
    assert texts(model) == ["Needs attention", "stuck", "Active", "fine"]


def test_filters_let_through_what_they_say() -> None:
    jobs = [made("w"), made("d", State.DONE, finished_at=NOW), made("f", State.FAILED, failure=FAILED)]
    model = model_of(*jobs)
    model.set_show(Show.PROBLEMS)
    assert texts(model) == ["Needs attention", "f"]
    model.set_show(Show.ACTIVE)
    assert texts(model) == ["Waiting", "w"]
    model.set_show(Show.DONE)
    assert texts(model) == ["Done today", "d"]
    assert model.arrangement.totals() == {Show.ALL: 3, Show.ACTIVE: 1, Show.DONE: 1, Show.PROBLEMS: 1}


def test_waiting_jobs_of_a_batch_are_one_row_until_opened() -> None:
    model = model_of(*(made("boats", batch="b") for _ in range(3)), made("alone", batch="c"))
    assert texts(model) == ["Waiting", "boats", "alone"]
    stack = model.row(1)
    assert stack.kind is Kind.STACK
    assert model.line(1).second == "3 clips · 18 credits"
    model.toggle(stack)
    assert texts(model) == ["Waiting", "boats", "boats", "boats", "boats", "alone"]
    model.toggle(stack)
    assert model.rowCount() == 3


def test_a_job_that_leaves_the_stack_takes_its_own_row() -> None:
    jobs = [made("boats", batch="b") for _ in range(3)]
    model = model_of(*jobs)
    model.feed(jobs[0].moved(State.PREPARING))
    model.flush()
    assert [row.kind for row in model.rows] == [Kind.SECTION, Kind.JOB, Kind.SECTION, Kind.STACK]


def test_changes_are_told_together_and_at_most_ten_times_a_second(qtbot, run) -> None:
    jobs = [made(f"{number}", State.DOWNLOADING) for number in range(50)]
    model = model_of(*jobs)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, _roles: told.append((first.row(), last.row())))
    begun = time.monotonic()
    sent = 0
    while time.monotonic() - begun < 0.5:
        for job in jobs:
            model.progress(job.id, Transfer("download", sent, 100_000))
            sent += 1
        qtbot.wait(1)
    run.until(lambda: model.line(1).bar and not model._timer.isActive())
    assert sent > 1000
    assert 2 <= len(told) <= 8
    assert set(told) == {(1, 50)}


def test_a_row_that_moves_stays_selected(qtbot, tmp_path) -> None:
    running = made("runs", State.DOWNLOADING)
    model = model_of(made("first", State.PROCESSING), running, made("w"))
    view = view_of(model, qtbot, tmp_path)
    view.setCurrentIndex(model.index(model.row_of(running.id)))
    model.feed(running.moved(State.DONE, finished_at=NOW, completed_at=NOW))
    model.flush()
    assert texts(model)[-1] == "runs"
    assert [job.id for job in view.selected_jobs()] == [running.id]
    assert view.currentIndex().row() == model.rowCount() - 1


def test_a_removed_row_is_no_longer_selected(qtbot, tmp_path) -> None:
    gone = made("gone")
    model = model_of(gone, made("stays"))
    view = view_of(model, qtbot, tmp_path)
    view.setCurrentIndex(model.index(1))
    model.drop(gone.id)
    model.flush()
    assert texts(model) == ["Waiting", "stays"]
    assert view.selected_jobs() == []


def test_a_row_that_went_is_nothing_and_no_error() -> None:
    model = model_of(*(made(str(number), State.DONE, finished_at=NOW - number) for number in range(5)))
    last = model.index(model.rowCount() - 1)
    assert model.flags(last) & Qt.ItemFlag.ItemIsSelectable
    model.set_show(Show.PROBLEMS)
    assert model.flags(last) == Qt.ItemFlag.NoItemFlags
    assert last.data() is None and last.data(Qt.ItemDataRole.ToolTipRole) is None


def test_the_model_keeps_qts_rules(qtbot) -> None:
    model = model_of(*(made(f"{number}") for number in range(5)))
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    jobs = list(model.arrangement.jobs.values())
    for job in jobs[:3]:
        model.feed(job.moved(State.PREPARING))
    model.drop(jobs[3].id)
    model.feed(made("new"))
    model.flush()
    model.set_show(Show.DONE)
    model.set_show(Show.ALL)
    assert model.rowCount() == 7
    del tester


def test_what_a_row_says() -> None:
    usual = lines(NOW + 130)
    rendering = usual.job(made("x", State.PROCESSING, accepted_at=NOW))
    assert (rendering.chip, rendering.second) == ("Rendering · 2:10", "usual 2–5 min")
    assert rendering.bar == pytest.approx(130 / 210)
    late = lines(NOW + 400).job(made("x", State.PROCESSING, accepted_at=NOW))
    assert (late.second, late.bar) == ("longer than usual", 0.95)
    quick = lines(NOW + 1, pace=0.05).job(made("x", State.PROCESSING, accepted_at=NOW))
    assert quick.second == "usual 6–15 s"
    loading = usual.job(made("x", State.DOWNLOADING), Transfer("download", 11_200_000, 18_000_000))
    assert (loading.chip, loading.second) == ("Downloading 62%", "11.2 of 18 MB")
    sending = usual.job(made("x", State.PREPARING), Transfer("upload", 2_100_000, 5_200_000, "hash", 2, 3))
    assert (sending.chip, sending.second) == ("Uploading 40%", "file 2 of 3 · 2.1 of 5.2 MB")
    failed = usual.job(made("x", State.FAILED, failure=FAILED, reserved=6.0, final=0.0))
    assert (failed.chip, failed.second, failed.price, failed.action_text) == ("Failed", "not billed", "", "Edit prompt")
    gone = FAILED.model_copy(update={"code": "model_gone", "args": {"name": "Sora 2"}, "field": "model"})
    targetless = made("x", State.FAILED, failure=gone)
    assert usual.job(targetless).action_text == "Re-target…"
    assert screen_of(targetless, usual).orders == ((Order.EDIT, "Re-target…"),)
    kept = Failure(kind=FailureKind.CREDITS, code="credits_short", action=Action.TOP_UP, billed=Billed.YES)
    money = {"remote_id": "t", "final": 0.0, "balance_before": 100.0, "balance_after": 94.0}
    odd = (Note(code="task_no_state"), Note(code="task_word_unknown", args={"word": "denoising"}))
    unpaid = made("x", State.FAILED, failure=kept, urls=("https://a/1", "https://a/2"), notes=odd, **money)
    assert (usual.job(unpaid).second, usual.job(unpaid).second_tone, failed.second_tone) == (
        "billed",
        "warning",
        "muted",
    )
    assert [order for order, _ in screen_of(unpaid, usual).orders] == [Order.TOP_UP, Order.RETRY, Order.PROOF]
    facts = {fact.name: (fact.value, fact.copies) for fact in became(unpaid)}
    assert (facts["Cost"][0], facts["Balance"][0]) == ("Not returned", "100 → 94")
    assert facts["Addresses"] == ("2", "https://a/1\nhttps://a/2")
    for state, shown in ((State.FAILED, True), (State.DONE, False)):
        alone = became(made("x", state, urls=("https://a/1",)))
        assert any(fact.copies == "https://a/1" for fact in alone) is shown, "what was not fetched can be by hand"
    noted = notes(unpaid).splitlines()
    assert noted[0].startswith("The service named no state") and "“denoising”, which is new here" in noted[1]
    done = usual.job(made("x", State.DONE, accepted_at=NOW, completed_at=NOW + 228, final=75.0))
    assert (done.chip, done.second) == ("Done", "3:48 · 75 credits")
    held = usual.job(made("x", held=True))
    assert (held.chip, held.action) == ("Paused", Action.RESUME)
    lost = Failure(kind=FailureKind.UNCERTAIN, code="answer_lost_uncertain", billed=Billed.MAYBE)
    uncertain = usual.job(made("x", State.UNCERTAIN, failure=lost))
    assert (uncertain.meta, uncertain.action_text) == ("Answer lost — may have been billed", "Check…")
    assert usual.job(made("x", values={"n_frames": "15", "aspect_ratio": "portrait"})).second == "Sora 2 · 15 s"


def test_prompts_stay_plain_text() -> None:
    model = model_of(made("<b>bold</b>\n<img src=x>  two"))
    index = model.index(1)
    assert index.data() == "<b>bold</b> <img src=x> two"
    assert "&lt;b&gt;bold&lt;/b&gt;\n&lt;img" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_a_row_can_be_heard() -> None:
    model = model_of(made("A red train", State.FAILED, failure=FAILED))
    spoken = model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("A red train, Failed, not billed, The service refused the request")
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "Needs attention, 1"


def test_the_arrangement_finds_its_way_after_many_changes() -> None:
    """Whatever comes in whatever order, the rows are those of a fresh start."""
    states = [State.WAITING, State.PROCESSING, State.DOWNLOADING, State.DONE, State.FAILED, State.UNCERTAIN]
    jobs = [made(f"{number}", states[number % 6], finished_at=NOW - number * 5000) for number in range(200)]
    walked = Arrangement()
    for number, job in enumerate(jobs):
        walked.put(job.having(state=states[(number * 7) % 6], position=float(-number)))
    for job in reversed(jobs):
        walked.put(job)
    for job in jobs[::3]:
        walked.remove(job.id)
    fresh = Arrangement()
    fresh.load(job for number, job in enumerate(jobs) if number % 3)
    assert walked.rows() == fresh.rows()


class TestThousands:
    """20,000 waiting jobs in one open section: the most rows that can ever show at once."""

    COUNT = 20_000

    @pytest.fixture
    def many(self) -> list[Job]:
        first = made("A small boat", State.PROCESSING)
        return [first, *(first.having(id=f"w{n}", state=State.WAITING, position=float(n)) for n in range(self.COUNT))]

    def test_they_are_laid_out_at_once_and_changed_in_no_time(self, many, qtbot, tmp_path) -> None:
        model = QueueModel(lines())
        view = view_of(model, qtbot, tmp_path)
        begun = time.thread_time()
        model.load(many)
        view.doItemsLayout()
        loading = time.thread_time() - begun
        bar = view.verticalScrollBar()
        bar.setValue(bar.maximum())
        assert view.indexAt(view.viewport().rect().center()).row() > self.COUNT - 20

        slowest = 0.0
        for number in range(20):
            begun = time.thread_time()
            # One that only changes, and one that moves to another section.
            model.feed(many[0].having(attempts=number))
            model.feed(many[number * 900 + 1].moved(State.PREPARING))
            model.flush()
            view.viewport().repaint()
            slowest = max(slowest, time.thread_time() - begun)
        assert loading < 1.0
        assert slowest < 0.1

    def test_a_change_that_moves_nothing_lays_nothing_out(self, many, qtbot, tmp_path, monkeypatch) -> None:
        model = QueueModel(lines())
        view = view_of(model, qtbot, tmp_path)
        model.load(many)
        view.doItemsLayout()
        layouts = QSignalSpy(model.layoutChanged)
        laid_out: list[int] = []
        monkeypatch.setattr(QueueView, "doItemsLayout", lambda self: laid_out.append(1))
        for number in range(10):
            model.feed(many[0].having(attempts=number + 1))
            model.flush()
        assert layouts.count() == 0
        assert laid_out == []

    def test_selecting_all_of_them_is_quick(self, many, qtbot, tmp_path) -> None:
        model = QueueModel(lines())
        view = view_of(model, qtbot, tmp_path)
        model.load(many)
        begun = time.thread_time()
        view.selectAll()
        view.selectionModel().setCurrentIndex(model.index(1), QItemSelectionModel.SelectionFlag.NoUpdate)
        view.viewport().repaint()
        assert time.thread_time() - begun < 1.0
        assert len(view.selected_jobs()) == len(many)
