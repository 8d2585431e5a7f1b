using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;
using Apex.Storage.Budgets;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;

namespace Apex.Storage.TestKit;

/// <summary>What every store promises about threads, messages, runs, checkpoints and the ledger of tool calls.</summary>
public abstract class RecordsContract : StoreContract
{
    private IRecords Records => Store.Records;

    [Fact]
    public async Task A_thread_is_read_back_counted_renamed_and_archived()
    {
        var run = new SomeRun(User);
        await SaveAsync(run, new RecordChange.SaveThread(run.ThreadView("First")), new RecordChange.AddMessage(run.Message()));

        await SaveAsync(run, new RecordChange.SaveThread(run.ThreadView("Second") with { Archived = true }));

        var thread = (await Records.FindThreadAsync(User, run.Thread, Token))!;
        Assert.Equal(("Second", 1, true), (thread.Title, thread.MessageCount, thread.Archived));
        Assert.Empty((await Records.ListThreadsAsync(User, null, 10, Token)).Threads);
    }

    [Fact]
    public async Task Threads_are_listed_by_newest_activity_page_by_page()
    {
        var runs = Enumerable.Range(0, 25).Select(_ => new SomeRun(User)).ToList();
        for (var index = 0; index < runs.Count; index++)
        {
            // Every second pair is of the same time: the order must be total all the same.
            var at = Some.Time.AddMinutes(index / 2);
            await SaveAsync(runs[index], new RecordChange.SaveThread(runs[index].ThreadView() with { UpdatedAt = at }));
        }

        var listed = new List<ThreadView>();
        string? cursor = null;
        do
        {
            var page = await Records.ListThreadsAsync(User, cursor, 10, Token);
            listed.AddRange(page.Threads);
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(runs.Select(run => run.Thread).ToHashSet(), listed.Select(thread => thread.Id).ToHashSet());
        Assert.Equal(25, listed.Count);
        Assert.Equal(listed.Select(thread => thread.UpdatedAt).OrderDescending(), listed.Select(thread => thread.UpdatedAt));
    }

    [Fact]
    public async Task A_message_moves_its_thread_to_the_front()
    {
        var older = new SomeRun(User);
        var newer = new SomeRun(User);
        await SaveAsync(older, new RecordChange.SaveThread(older.ThreadView()));
        await SaveAsync(newer, new RecordChange.SaveThread(newer.ThreadView() with { UpdatedAt = Some.Time.AddYears(1) }));

        await SaveAsync(older, new RecordChange.AddMessage(older.Message() with { CreatedAt = Some.Time.AddYears(2) }));

        Assert.Equal([older.Thread, newer.Thread], (await Records.ListThreadsAsync(User, null, 10, Token)).Threads.Select(thread => thread.Id));
    }

    [Theory]
    [InlineData("not a cursor")]
    [InlineData("AAAA")]
    [InlineData("")]
    public async Task An_unreadable_cursor_is_refused(string cursor) =>
        await Assert.ThrowsAsync<FormatException>(() => Records.ListThreadsAsync(User, cursor, 10, Token).AsTask());

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public async Task A_page_out_of_bounds_is_refused(int limit) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Records.ListThreadsAsync(User, null, limit, Token).AsTask());

    [Fact]
    public async Task Messages_are_read_newest_page_first_and_in_reading_order_within_it()
    {
        var run = new SomeRun(User);
        await SaveAsync(run, new RecordChange.SaveThread(run.ThreadView()));
        for (var index = 0; index < 25; index++)
            await SaveAsync(run, new RecordChange.AddMessage(run.Message($"Message {index}", MessageId.New())));

        var first = await Records.ListMessagesAsync(User, run.Thread, null, 10, Token);
        var second = await Records.ListMessagesAsync(User, run.Thread, first.Next, 10, Token);
        var third = await Records.ListMessagesAsync(User, run.Thread, second.Next, 10, Token);

        Assert.Equal(
            Enumerable.Range(0, 25).Select(index => $"Message {index}"),
            new[] { third, second, first }.SelectMany(page => page.Messages).Select(message => message.Content));
        Assert.Null(third.Next);
    }

    [Fact]
    public async Task A_reply_keeps_its_report()
    {
        var run = new SomeRun(User);
        var report = new Report { Kind = ReportKind.Full, Title = "Savings", Markdown = "You can save **$10** — 🎉", Planner = "deterministic" };
        var reply = run.Message("You can save **$10**", MessageId.New()) with
        {
            Role = MessageRole.Assistant, Metadata = new MessageMetadata(report, JsonSerializer.SerializeToElement(new { days = 30 })),
        };

        await SaveAsync(run, new RecordChange.SaveThread(run.ThreadView()), new RecordChange.AddMessage(reply));

        var stored = Assert.Single((await Records.ListMessagesAsync(User, run.Thread, null, 10, Token)).Messages);
        Assert.Equal(report.Markdown, stored.Metadata?.Report?.Markdown);
        Assert.Equal(30, stored.Metadata?.Plan?.GetProperty("days").GetInt32());
        Assert.Equal((reply.Id, MessageRole.Assistant, run.Id, reply.CreatedAt), (stored.Id, stored.Role, stored.RunId!.Value, stored.CreatedAt));
    }

    [Fact]
    public async Task A_message_id_is_taken_once_per_user()
    {
        var run = new SomeRun(User);
        var other = new SomeRun(UserId.New(), run.Thread);
        await SaveAsync(run, new RecordChange.SaveThread(run.ThreadView()), new RecordChange.AddMessage(run.Message()));

        var again = await Feed.AppendAsync(
            run.Append(run.Started()) with { Changes = [new RecordChange.AddMessage(run.Message("other"))] }, Token);
        var foreign = await SaveAsync(
            other, new RecordChange.SaveThread(other.ThreadView()), new RecordChange.AddMessage(other.Message(id: run.Question)));

        Assert.Equal(new AppendOutcome.IdTaken("message", run.Question.Value), again);
        Assert.IsType<AppendOutcome.Stored>(foreign);
        Assert.Equal(0, await Feed.GetHeadAsync(User, Token));
        Assert.Equal(1, (await Records.FindThreadAsync(User, run.Thread, Token))!.MessageCount);
    }

    [Fact]
    public async Task A_message_to_a_thread_its_owner_does_not_have_is_refused_and_nothing_is_stored()
    {
        var run = new SomeRun(User);

        await Assert.ThrowsAsync<ArgumentException>(() => SaveAsync(run, new RecordChange.AddMessage(run.Message())));

        Assert.Empty((await Records.ListMessagesAsync(User, run.Thread, null, 10, Token)).Messages);
    }

    [Fact]
    public async Task A_run_is_read_back_as_saved()
    {
        var run = new SomeRun(User);
        var record = run.Record(RunState.Recovering, epoch: 3) with
        {
            Attempt = 2, StartedAt = Some.Time, Reason = "restart", CancelRequested = true, RequestId = "req-1",
        };

        await SaveAsync(run, new RecordChange.SaveRun(record));

        Assert.Equal(record, await Records.FindRunAsync(User, run.Id, Token));
        Assert.Equal([record], await Records.ListRunsAsync(User, run.Thread, 10, Token));
        Assert.Equal([record], await Records.ListUnfinishedRunsAsync(Token));
        Assert.Equal([record], await Records.ListRunsSinceAsync(record.CreatedAt, 10, Token));
        Assert.Empty(await Records.ListRunsSinceAsync(record.CreatedAt.AddMilliseconds(1), 10, Token));
    }

    [Fact]
    public async Task A_run_that_ended_stays_as_it_ended_and_nothing_of_it_goes_back()
    {
        var run = new SomeRun(User);
        var seen = run.Record(epoch: 1);
        await SaveAsync(run, new RecordChange.SaveRun(seen));
        await SaveAsync(run, new RecordChange.SaveRun(run.Record(RunState.Completed, epoch: 2) with { EndedAt = Some.Time, Attempt = 2 }));

        // Somebody who read before the end wants to stop it.
        await SaveAsync(run, new RecordChange.SaveRun(seen with { CancelRequested = true }));

        var stored = (await Records.FindRunAsync(User, run.Id, Token))!;
        Assert.Equal((RunState.Completed, 2, 2, Some.Time, true), (stored.State, stored.Epoch, stored.Attempt, stored.EndedAt, stored.CancelRequested));
        Assert.Empty(await Records.ListUnfinishedRunsAsync(Token));
    }

    [Fact]
    public async Task A_run_id_is_taken_once_per_user()
    {
        var run = new SomeRun(User);
        var second = new SomeRun(User, run.Thread, run.Id);
        var foreign = new SomeRun(UserId.New(), run.Thread, run.Id);
        await SaveAsync(run, new RecordChange.SaveRun(run.Record()));

        Assert.Equal(new AppendOutcome.IdTaken("run", run.Id.Value), await SaveAsync(second, new RecordChange.SaveRun(second.Record())));
        Assert.IsType<AppendOutcome.Stored>(await SaveAsync(foreign, new RecordChange.SaveRun(foreign.Record())));
        Assert.Equal(run.Question, (await Records.FindRunAsync(User, run.Id, Token))!.MessageId);
    }

    [Fact]
    public async Task A_checkpoint_is_added_to_the_earlier_ones_and_a_tool_call_replaced_by_the_later_one()
    {
        var run = new SomeRun(User);
        var intent = new ToolCallRecord(run.Id, 2, 1, "call-1", "cost_over_time", "abc", null, Some.Time);
        var receipt = intent with { Receipt = JsonSerializer.SerializeToElement(new { rows = 3 }) };
        await SaveAsync(run, new RecordChange.SaveCheckpoint(run.Id, 1, JsonSerializer.SerializeToElement(new { step = "one" })));
        await SaveAsync(run, new RecordChange.SaveToolCall(intent));
        var atWork = await Records.FindToolCallAsync(User, run.Id, 2, 1, Token);

        await SaveAsync(run, new RecordChange.SaveCheckpoint(run.Id, 2, JsonSerializer.SerializeToElement(new { step = "two" })));
        await SaveAsync(run, new RecordChange.SaveToolCall(receipt));

        Assert.Equal(["one", "two"], (await Records.ListCheckpointsAsync(User, run.Id, null, Token)).Select(kept => kept.State.GetProperty("step").GetString()));
        Assert.Equal(intent, atWork);
        Assert.Equal(3, (await Records.FindToolCallAsync(User, run.Id, 2, 1, Token))!.Receipt!.Value.GetProperty("rows").GetInt32());
        Assert.Null(await Records.FindToolCallAsync(User, run.Id, 2, 2, Token));
    }

    [Fact]
    public async Task Every_step_keeps_its_checkpoint()
    {
        var run = new SomeRun(User);
        foreach (var step in (int[])[0, 1, 2])
            await SaveAsync(run, new RecordChange.SaveCheckpoint(run.Id, step, JsonSerializer.SerializeToElement(step * 10)));

        Assert.Equal([0, 10], (await Records.ListCheckpointsAsync(User, run.Id, 1, Token)).Select(kept => kept.State.GetInt32()));
        Assert.Equal([0, 1, 2], (await Records.ListCheckpointsAsync(User, run.Id, null, Token)).Select(kept => kept.Step));
        Assert.Empty(await Records.ListCheckpointsAsync(User, run.Id, 7, Token));
    }

    [Fact]
    public async Task A_wish_to_stop_is_kept_until_the_run_has_ended_and_belongs_to_its_owner()
    {
        var run = new SomeRun(User);
        var stranger = new SomeRun(UserId.New(), run.Thread, run.Id);
        await SaveAsync(run, new RecordChange.SaveRun(run.Record()));

        await SaveAsync(run, new RecordChange.RequestStop(run.Id, "call-1", "Too slow"), new RecordChange.RequestStop(run.Id, "call-1", "Again"));
        await SaveAsync(stranger, new RecordChange.RequestStop(run.Id, null, "Mine now"), new RecordChange.RequestStop(run.Id, "call-2", "Mine now"));
        Assert.False((await Records.FindRunAsync(User, run.Id, Token))!.CancelRequested);
        await SaveAsync(run, new RecordChange.RequestStop(run.Id, null, "Enough"), new RecordChange.RequestStop(run.Id, null, "Once more"));
        await SaveAsync(run, new RecordChange.SaveRun(run.Record()));

        Assert.Equal([new RunStop("call-1", "Too slow")], await Records.ListStopsAsync(User, run.Id, Token));
        Assert.Empty(await Records.ListStopsAsync(stranger.User, run.Id, Token));
        Assert.True((await Records.FindRunAsync(User, run.Id, Token))!.CancelRequested);
        await SaveAsync(run, new RecordChange.SaveRun(run.Record(RunState.Completed)));
        await SaveAsync(run, new RecordChange.RequestStop(run.Id, "call-3", "Too late"));
        Assert.Empty(await Records.ListStopsAsync(User, run.Id, Token));
    }

    [Fact]
    public async Task With_a_run_ends_what_only_its_work_needed_and_with_its_events_go_its_checkpoints()
    {
        var (run, other) = (new SomeRun(User), new SomeRun(User));
        foreach (var one in (SomeRun[])[run, other])
        {
            await Store.Feed.AppendAsync(one.Append(one.Started()) with { Changes = [new RecordChange.SaveRun(one.Record())] }, Token);
            await SaveAsync(
                one,
                new RecordChange.SaveToolCall(new ToolCallRecord(one.Id, 1, 1, "call", "tool", "hash", null, Some.Time)),
                new RecordChange.AddSteer(one.Id, MessageId.New(), "only May"),
                new RecordChange.SaveCheckpoint(one.Id, 1, JsonSerializer.SerializeToElement(1)));
        }

        await Store.Feed.AppendAsync(
            run.Append(run.Answered()) with { Changes = [new RecordChange.SaveRun(run.Record(RunState.Completed))] }, Token);
        Assert.Null(await Records.FindToolCallAsync(User, run.Id, 1, 1, Token));
        Assert.Empty(await Records.ListSteersAsync(User, run.Id, Token));
        Assert.NotEmpty(await Records.ListCheckpointsAsync(User, run.Id, null, Token));
        Assert.NotNull(await Records.FindToolCallAsync(User, other.Id, 1, 1, Token));
        await Store.Feed.AppendAsync(
            other.Append(other.Answered()) with { Changes = [new RecordChange.SaveRun(other.Record(RunState.Completed))] }, Token);
        await Store.Retention.TrimAsync(User, DateTimeOffset.MaxValue, Token);

        Assert.Empty(await Records.ListCheckpointsAsync(User, run.Id, null, Token));
    }

    [Fact]
    public async Task Words_added_to_a_run_are_read_back_in_order_by_their_owner_alone()
    {
        var run = new SomeRun(User);
        await SaveAsync(run, new RecordChange.AddSteer(run.Id, MessageId.From("m1"), "only May"));
        await SaveAsync(run, new RecordChange.AddSteer(run.Id, MessageId.From("m2"), "and only chat"));

        Assert.Equal(
            [new RunSteer(1, MessageId.From("m1"), "only May"), new RunSteer(2, MessageId.From("m2"), "and only chat")],
            await Records.ListSteersAsync(User, run.Id, Token));
        Assert.Empty(await Records.ListSteersAsync(UserId.New(), run.Id, Token));
    }

    [Fact]
    public async Task What_is_asked_is_decided_once_and_the_run_that_waits_for_it_is_woken_with_it()
    {
        var run = new SomeRun(User);
        var approve = new ApprovalDecision(Decision.Approve, User.Value, Some.Time);
        await Feed.AppendAsync(
            run.Append(run.Started(), run.Asking("a"), run.Asking("b"), run.Paused()) with
            {
                Changes =
                [
                    new RecordChange.SaveRun(run.Record(RunState.Waiting) with { Needs = RunNeed.Approval, TimeLeft = TimeSpan.FromSeconds(7) }),
                    new RecordChange.AddApproval(run.Approval("a")), new RecordChange.AddApproval(run.Approval("b")),
                    new RecordChange.WakeIfDecided(run.Id, [ApprovalId.From("a"), ApprovalId.From("b")]),
                ],
            },
            Token);
        var waiting = (await Records.FindRunAsync(User, run.Id, Token))!;

        await Feed.AppendAsync(
            run.Append(run.Decided("a")) with { Changes = [new RecordChange.DecideApproval(ApprovalId.From("a"), approve)] }, Token);
        var woken = (await Records.FindRunAsync(User, run.Id, Token))!;
        var late = await SaveAsync(run, new RecordChange.DecideApproval(ApprovalId.From("a"), approve with { Decision = Decision.Reject }));

        Assert.Equal((RunState.Waiting, RunNeed.Approval, TimeSpan.FromSeconds(7), true), (waiting.State, waiting.Needs, waiting.TimeLeft, waiting.Waits));
        Assert.Equal((RunState.Queued, (RunNeed?)null, false), (woken.State, woken.Needs, woken.Waits));
        Assert.Equal(Decision.Approve, Assert.IsType<AppendOutcome.NotPending>(late).Existing.Decided!.Decision);
        Assert.Equal("b", Assert.Single(await Records.ListApprovalsAsync(User, run.Id, pendingOnly: true, 10, Token)).Id.Value);
        Assert.Equal(2, (await Records.ListApprovalsAsync(User, null, pendingOnly: false, 10, Token)).Count);
        await Assert.ThrowsAsync<IllegalEventOrderException>(() => Feed.AppendAsync(run.Append(run.Decided("a")), Token).AsTask());
    }

    [Fact]
    public async Task A_run_that_would_wait_for_what_was_decided_meanwhile_is_woken_at_once()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(
            run.Append(run.Started(), run.Asking("a")) with { Changes = [new RecordChange.SaveRun(run.Record()), new RecordChange.AddApproval(run.Approval("a"))] },
            Token);
        await Feed.AppendAsync(
            run.Append(run.Decided("a")) with
            {
                Changes = [new RecordChange.DecideApproval(ApprovalId.From("a"), new ApprovalDecision(Decision.Approve, User.Value, Some.Time))],
            },
            Token);

        await Feed.AppendAsync(
            run.Append(run.Paused()) with
            {
                Changes = [new RecordChange.SaveRun(run.Record(RunState.Waiting)), new RecordChange.WakeIfDecided(run.Id, [ApprovalId.From("a")])],
            },
            Token);

        Assert.Equal(RunState.Queued, (await Records.FindRunAsync(User, run.Id, Token))!.State);
    }

    [Fact]
    public async Task What_nobody_decided_is_found_when_it_expires_and_withdrawn_when_its_run_ends()
    {
        var (soon, later) = (new SomeRun(User), new SomeRun(UserId.New()));
        foreach (var (run, expiry) in ((SomeRun, DateTimeOffset)[])[(soon, Some.Time.AddMinutes(1)), (later, Some.Time.AddMinutes(2))])
        {
            await Feed.AppendAsync(
                run.Append(run.Started(), run.Asking("a")) with
                {
                    Changes = [new RecordChange.SaveRun(run.Record()), new RecordChange.AddApproval(run.Approval("a", expiry))],
                },
                Token);
        }

        Assert.Equal(Some.Time.AddMinutes(1), await Records.FindNextExpiryAsync(Token));
        Assert.Empty(await Records.ListExpiredApprovalsAsync(Some.Time, 10, Token));
        Assert.Equal(User, Assert.Single(await Records.ListExpiredApprovalsAsync(Some.Time.AddMinutes(1), 10, Token)).User);
        Assert.Null(await Records.FindApprovalAsync(UserId.New(), ApprovalId.From("a"), Token));

        await Feed.AppendAsync(soon.Append(soon.Cancelled()) with { Changes = [new RecordChange.SaveRun(soon.Record(RunState.Cancelled))] }, Token);
        Assert.Equal(ApprovalState.Withdrawn, (await Records.FindApprovalAsync(User, ApprovalId.From("a"), Token))!.State);
        Assert.Equal(ApprovalState.Pending, (await Records.FindApprovalAsync(later.User, ApprovalId.From("a"), Token))!.State);
        await Store.Retention.TrimAsync(User, DateTimeOffset.MaxValue, Token);
        Assert.Null(await Records.FindApprovalAsync(User, ApprovalId.From("a"), Token));
    }

    [Fact]
    public async Task A_run_that_waits_for_something_else_is_due_at_its_time_and_woken_only_while_it_waits()
    {
        var run = new SomeRun(User);
        await SaveAsync(run, new RecordChange.SaveRun(
            run.Record(RunState.Paused) with { Needs = RunNeed.Budget, WaitsUntil = Some.Time.AddMinutes(1) }));

        Assert.Empty(await Records.ListDueRunsAsync(Some.Time, 10, Token));
        Assert.Equal(Some.Time.AddMinutes(1), await Records.FindNextExpiryAsync(Token));
        Assert.Equal(run.Id, Assert.Single(await Records.ListDueRunsAsync(Some.Time.AddMinutes(1), 10, Token)).Id);
        await SaveAsync(run, new RecordChange.WakeRun(run.Id, "There is budget again."));
        Assert.Empty(await Records.ListDueRunsAsync(Some.Time.AddMinutes(1), 10, Token));
        Assert.Equal("There is budget again.", (await Records.FindRunAsync(User, run.Id, Token))!.Reason);
        await SaveAsync(run, new RecordChange.SaveRun(run.Record()));
        await SaveAsync(run, new RecordChange.WakeRun(run.Id, "Once more."));
        Assert.Equal(RunState.Running, (await Records.FindRunAsync(User, run.Id, Token))!.State);
    }

    [Fact]
    public async Task A_run_that_waits_for_a_budget_is_found_with_what_it_asked_until_it_is_woken()
    {
        var (run, other) = (new SomeRun(User), new SomeRun(UserId.New()));
        var asks = new BudgetAmount(1_500_000_000, 20_000);
        await SaveAsync(run, new RecordChange.SaveRun(run.Record(RunState.Paused) with { Needs = RunNeed.Budget, Asks = asks }));
        await SaveAsync(other, new RecordChange.SaveRun(other.Record(RunState.Waiting) with { Needs = RunNeed.Approval }));

        var waiting = Assert.Single(await Records.ListRunsWaitingForBudgetAsync(Token), found => found.User == User);
        await SaveAsync(run, new RecordChange.WakeRun(run.Id, "There is budget again."));

        Assert.Equal((run.Id, asks), (waiting.Id, waiting.Asks));
        Assert.DoesNotContain(await Records.ListRunsWaitingForBudgetAsync(Token), found => found.User == User || found.User == other.User);
        Assert.Null((await Records.FindRunAsync(User, run.Id, Token))!.Asks);
    }

    [Theory]
    [InlineData(0, RunState.Queued)]
    [InlineData(1, RunState.Waiting)]
    public async Task A_run_that_would_wait_while_words_of_its_user_are_not_taken_in_is_woken_at_once(int taken, RunState expected)
    {
        var run = new SomeRun(User);
        await SaveAsync(run, new RecordChange.SaveRun(run.Record()));
        await SaveAsync(run, new RecordChange.AddSteer(run.Id, MessageId.New(), "And by model?"));

        await SaveAsync(
            run, new RecordChange.SaveRun(run.Record(RunState.Waiting) with { Needs = RunNeed.Approval }), new RecordChange.WakeIfSteered(run.Id, taken));

        Assert.Equal(expected, (await Records.FindRunAsync(User, run.Id, Token))!.State);
    }

    [Fact]
    public async Task A_fork_remembers_where_it_began()
    {
        var run = new SomeRun(User);
        var fork = new RunFork(RunId.New(), 3);

        await SaveAsync(run, new RecordChange.SaveRun(run.Record() with { Fork = fork }));
        await SaveAsync(run, new RecordChange.SaveThread(run.ThreadView() with { ParentId = ThreadId.From("parent") }));

        Assert.Equal(fork, (await Records.FindRunAsync(User, run.Id, Token))!.Fork);
        Assert.Equal(ThreadId.From("parent"), (await Records.FindThreadAsync(User, run.Thread, Token))!.ParentId);
    }

    [Fact]
    public async Task A_foreign_id_answers_like_a_missing_one()
    {
        var run = new SomeRun(User);
        var claim = new IdempotencyClaim("key", "hash", run.Thread, run.Question, run.Id, Some.Time);
        await SaveAsync(
            run,
            new RecordChange.SaveThread(run.ThreadView()),
            new RecordChange.AddMessage(run.Message()),
            new RecordChange.SaveRun(run.Record()),
            new RecordChange.ClaimKey(claim),
            new RecordChange.SaveCheckpoint(run.Id, 1, JsonSerializer.SerializeToElement(1)),
            new RecordChange.SaveToolCall(new ToolCallRecord(run.Id, 1, 1, "call", "tool", "hash", null, Some.Time)));
        var stranger = UserId.New();

        Assert.Equal(claim, await Records.FindKeyAsync(User, "key", Token));
        Assert.Null(await Records.FindThreadAsync(stranger, run.Thread, Token));
        Assert.Empty((await Records.ListThreadsAsync(stranger, null, 10, Token)).Threads);
        Assert.Empty((await Records.ListMessagesAsync(stranger, run.Thread, null, 10, Token)).Messages);
        Assert.Null(await Records.FindRunAsync(stranger, run.Id, Token));
        Assert.Empty(await Records.ListRunsAsync(stranger, run.Thread, 10, Token));
        Assert.Null(await Records.FindKeyAsync(stranger, "key", Token));
        Assert.Empty(await Records.ListCheckpointsAsync(stranger, run.Id, null, Token));
        Assert.Null(await Records.FindToolCallAsync(stranger, run.Id, 1, 1, Token));
    }

    [Fact]
    public async Task Events_and_the_state_they_announce_are_stored_together_or_not_at_all()
    {
        var run = new SomeRun(User);

        await Assert.ThrowsAsync<IllegalEventOrderException>(() => Feed.AppendAsync(
            run.Append(run.Started(), run.Started()) with { Changes = [new RecordChange.SaveThread(run.ThreadView())] }, Token).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => Feed.AppendAsync(
            run.Append(run.Started()) with { Changes = [new RecordChange.SaveRun(run.Record()), new RecordChange.AddMessage(run.Message())] },
            Token).AsTask());

        Assert.Null(await Records.FindThreadAsync(User, run.Thread, Token));
        Assert.Null(await Records.FindRunAsync(User, run.Id, Token));
        Assert.Equal(0, await Feed.GetHeadAsync(User, Token));
        Assert.Equal(
            new AppendOutcome.Stored(1), await Feed.AppendAsync(run.Append(run.Started()), Token));
    }

    private async Task<AppendOutcome> SaveAsync(SomeRun run, params RecordChange[] changes) =>
        await Feed.AppendAsync(run.Change(changes), Token);
}
