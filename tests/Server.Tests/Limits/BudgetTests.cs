using System.Net;
using System.Net.Http.Json;
using Apex.Agents.ChatModels;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Server.Limits.Budgets;
using Apex.Server.Operations;
using Apex.Server.Tests.Runs;
using Apex.Storage.Budgets;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Apex.Server.Tests.Limits;

/// <summary>Model access and tiers: budgets in tokens and dollars are reserved before a call, settled after it and never overdrawn.</summary>
public sealed class BudgetTests
{
    private const string Question = "What did we spend per model?";

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task A_hundred_callers_at_once_reserve_no_more_than_there_is()
    {
        await using var store = await Stored.OpenAsync(_clock);
        var ledger = store.Ledger(tokensPerDay: 1_000);
        var spender = store.Spender;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ =>
            Task.Run(async () => await ledger.ReserveAsync(spender, new BudgetAmount(0, 100), CancellationToken.None)))).Within();

        var reserved = outcomes.OfType<BudgetOutcome.Reserved>().ToArray();
        Assert.Equal(10, reserved.Length);
        Assert.All(outcomes.OfType<BudgetOutcome.Exhausted>(), refused => Assert.True(refused.FitsOnceSettled));
        var waiting = ledger.NextMove;
        await Task.WhenAll(reserved.Select(one => ledger.SettleAsync(one.Reservation, new BudgetAmount(0, 95), CancellationToken.None).AsTask())).Within();
        await waiting.Within();
        var standing = (await ledger.ReadAsync(spender.User, spender.OrganisationId, Tier.Free, CancellationToken.None))
            .Single(one => one.Limit.Unit == BudgetUnit.Tokens && BudgetWords.IsDay(one.Limit));
        Assert.Equal((950, 0), (standing.Spent, standing.Held));
        Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(spender, new BudgetAmount(0, 50), CancellationToken.None));
        Assert.IsType<BudgetOutcome.Exhausted>(await ledger.ReserveAsync(spender, new BudgetAmount(0, 1), CancellationToken.None));
    }

    [Fact]
    public async Task Two_users_of_an_organisation_share_its_budget_and_another_organisation_has_its_own()
    {
        await using var store = await Stored.OpenAsync(_clock);
        var ledger = store.Ledger(tokensPerDay: null);
        var (one, other) = (store.Spender, store.Spender with { User = UserId.New() });
        await store.Budgets.SaveSettingAsync(
            new BudgetSetting(BudgetOwner.OfOrganisation(one.OrganisationId), 2_000_000_000, null, null, null, _clock.GetUtcNow(), one.User),
            CancellationToken.None);
        var cost = new BudgetAmount(1_500_000_000, 10);

        Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(one, cost, CancellationToken.None));
        var refused = Assert.IsType<BudgetOutcome.Exhausted>(await ledger.ReserveAsync(other, cost, CancellationToken.None));
        Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(other with { OrganisationId = "org_other" }, cost, CancellationToken.None));

        Assert.Contains("your organisation's budget for today is $2.00 (limit usd_per_day)", refused.Why, StringComparison.Ordinal);
        Assert.Contains("$1.50 set aside", refused.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_day_begins_with_the_whole_budget_of_the_day_and_what_the_month_has_left()
    {
        await using var store = await Stored.OpenAsync(_clock);
        var ledger = store.Ledger(tokensPerDay: 100, tokensPerMonth: 150);
        var first = Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 100), CancellationToken.None));
        await ledger.SettleAsync(first.Reservation, new BudgetAmount(0, 100), CancellationToken.None);

        var today = Assert.IsType<BudgetOutcome.Exhausted>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 100), CancellationToken.None));
        _clock.Advance(today.Until - _clock.GetUtcNow());
        var month = Assert.IsType<BudgetOutcome.Exhausted>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 100), CancellationToken.None));
        var left = await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 50), CancellationToken.None);

        Assert.Equal(TimeSpan.Zero, today.Until.TimeOfDay);
        Assert.Contains("tokens_per_day", today.Why, StringComparison.Ordinal);
        Assert.Contains("The tier early has", today.Why, StringComparison.Ordinal);
        Assert.Equal(1, month.Until.Day);
        Assert.IsType<BudgetOutcome.Reserved>(left);
    }

    [Fact]
    public async Task What_a_killed_server_had_set_aside_is_still_stored_and_counts_as_spent_from_the_next_start_on()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = (await server.RegisterAsync()).User;
        var store = server.Services.GetRequiredService<IBudgetStore>();
        var limit = new BudgetLimit(BudgetOwner.Of(user.Id), "2026-11-21", BudgetUnit.Tokens, 100);
        Assert.Null(await store.ReserveAsync(
            new BudgetReservation(
                "hold_1", user.Id, "org", RunId.New(), new BudgetAmount(5, 70), "2026-11-21", "2026-11", new DateTimeOffset(2026, 11, 21, 23, 59, 59, TimeSpan.Zero)),
            [limit], CancellationToken.None));

        // The files as a server that dies at this moment leaves them: nothing is closed, nothing written out.
        using var image = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(server.DataFolder, "apex.db*"))
        {
            await using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using var to = File.Create(Path.Combine(image.Path, Path.GetFileName(file)));
            await from.CopyToAsync(to);
        }

        await using var left = SqliteStore.Open(new SqliteStorageOptions { Folder = image.Path }, _clock, NullLoggerFactory.Instance);
        Assert.Equal(70, Assert.Single(await left.Budgets.ReadAsync([limit], CancellationToken.None)).Held);
        await server.RestartAsync();
        // Its call may have been made: nobody else will ever tell what it cost.
        var standing = Assert.Single(await server.Services.GetRequiredService<IBudgetStore>().ReadAsync([limit], CancellationToken.None));
        Assert.Equal((70, 0), (standing.Spent, standing.Held));
    }

    [Fact]
    public async Task A_reservation_is_settled_once_however_often_it_is_tried()
    {
        await using var store = await Stored.OpenAsync(_clock);
        var ledger = store.Ledger(tokensPerDay: 1_000);
        var reserved = Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 100), CancellationToken.None));

        await ledger.SettleAsync(reserved.Reservation, new BudgetAmount(0, 60), CancellationToken.None);
        await ledger.SettleAsync(reserved.Reservation, new BudgetAmount(0, 60), CancellationToken.None);

        Assert.Equal((60, 0), await store.TokensOfTodayAsync(ledger));
    }

    [Fact]
    public async Task What_the_store_could_not_settle_is_settled_before_the_next_call_and_who_waits_for_room_gets_it()
    {
        await using var store = await Stored.OpenAsync(_clock);
        var away = new AwayStore(store.Budgets);
        var ledger = store.Ledger(tokensPerDay: 100, budgets: away);
        var reserved = Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 80), CancellationToken.None));
        away.IsAway = true;
        await Assert.ThrowsAsync<StorageUnavailableException>(
            () => ledger.SettleAsync(reserved.Reservation, new BudgetAmount(0, 30), CancellationToken.None).AsTask());
        away.IsAway = false;
        var moved = ledger.NextMove;

        Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 70), CancellationToken.None));

        await moved.Within();
        Assert.Equal((30, 70), await store.TokensOfTodayAsync(ledger));
    }

    [Fact]
    public async Task A_call_over_midnight_is_held_in_the_new_day_and_counts_for_it()
    {
        await using var store = await Stored.OpenAsync(_clock);
        var ledger = store.Ledger(tokensPerDay: 100);
        _clock.Advance(_clock.GetUtcNow().Date.AddDays(1).AddMinutes(-1) - _clock.GetUtcNow().UtcDateTime);
        var late = Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 80), CancellationToken.None));
        _clock.Advance(TimeSpan.FromMinutes(2));

        // The next day has begun, and the call of the day before is still under way: it will count for the day it ends in.
        var held = Assert.IsType<BudgetOutcome.Exhausted>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 80), CancellationToken.None));
        await ledger.SettleAsync(late.Reservation, new BudgetAmount(0, 80), CancellationToken.None);

        Assert.True(held.FitsOnceSettled);
        Assert.Equal((80, 0), await store.TokensOfTodayAsync(ledger));
        Assert.IsType<BudgetOutcome.Exhausted>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 21), CancellationToken.None));
        Assert.IsType<BudgetOutcome.Reserved>(await ledger.ReserveAsync(store.Spender, new BudgetAmount(0, 20), CancellationToken.None));
    }

    [Fact]
    public async Task A_call_dearer_than_money_can_be_counted_in_is_refused_like_any_other()
    {
        await using var store = await Stored.OpenAsync(_clock);
        var ledger = store.Ledger(tokensPerDay: null);
        await store.Budgets.SaveSettingAsync(
            new BudgetSetting(BudgetOwner.Of(store.Spender.User), BudgetMoney.Nano(BudgetAllowance.MostUsd), null, null, null, _clock.GetUtcNow(), store.Spender.User),
            CancellationToken.None);

        var refused = await ledger.ReserveAsync(store.Spender, BudgetMoney.Amount(1, decimal.MaxValue), CancellationToken.None);
        var negative = BudgetMoney.Amount(-5, -1);

        Assert.Contains("more than the whole budget", Assert.IsType<BudgetOutcome.Exhausted>(refused).Why, StringComparison.Ordinal);
        Assert.Equal(default, negative);
    }

    [Fact]
    public async Task A_run_that_would_exceed_a_budget_waits_and_goes_on_when_an_administrator_raises_it()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("**Most of it goes to one model.**"));
        await using var server = await StartAsync(model);
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        await SetAsync(admin, new BudgetSettingRequest(User: tokens.User.Email, TokensPerDay: 10));

        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, Question)).RunId;
        var paused = Assert.IsType<RunPaused>((await user.EventsUntilAsync<RunPaused>(run))[^1]);
        await Eventually.HoldsAsync(async () => (await user.RunAsync(run)).State == RunState.Paused, "the run is let go");
        Assert.Empty(model.Calls);

        var woken = await SetAsync(admin, new BudgetSettingRequest(User: tokens.User.Email, TokensPerDay: 1_000_000));
        var answer = Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);

        Assert.Equal(RunNeed.Budget, paused.Needs);
        Assert.Contains("limit tokens_per_day", paused.Reason, StringComparison.Ordinal);
        Assert.Equal(1, woken.Woken);
        Assert.Equal("gpt-4o", answer.Result.Planner);
        var own = await user.GetAsync("/api/me/budgets", ApexJson.Default.BudgetList);
        var day = own.Budgets.Single(budget => budget is { Of: "user", Limit: "tokens_per_day" });
        Assert.Equal((1_280m, 0m), (day.Spent, day.Reserved));
        Assert.Equal(answer.Usage.CostUsd, own.Budgets.Single(budget => budget.Limit == "usd_per_day").Spent);
    }

    [Fact]
    public async Task A_budget_that_is_raised_while_a_run_is_about_to_wait_for_it_is_not_missed()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("**Most of it goes to one model.**"));
        HttpClient? admin = null;
        UserId? who = null;
        await using var server = await StartAsync(model, services => services.AddSingleton<IBudgetStore>(provider => new RaisingStore(
            provider.GetRequiredService<EmbeddedStore>().Open.Budgets,
            async () => await SetAsync(admin!, new BudgetSettingRequest(User: who!.Value.Value, TokensPerDay: 1_000_000)))));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var administrator = admin = server.As(await server.LogInAsAdministratorAsync());
        who = tokens.User.Id;
        await SetAsync(admin, new BudgetSettingRequest(User: who.Value.Value, TokensPerDay: 10));

        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, Question)).RunId;
        var events = await user.EventsToTheEndAsync(run).Within();

        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Single(events.OfType<RunPaused>());
        Assert.Single(events.OfType<RunResumed>());
    }

    [Fact]
    public async Task A_run_that_has_used_its_tokens_answers_without_the_model_and_says_so()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("Never said."));
        await using var server = await StartAsync(model, tiers: new Dictionary<Tier, TierLimits>
        {
            [Tier.Free] = new(50, 10, 5, 1, 5, TimeSpan.FromSeconds(60), null, TimeSpan.FromDays(7), TokensPerRun: 100),
        });
        using var user = server.As(await server.RegisterAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var events = await user.EventsToTheEndAsync((await user.AskAsync((await user.NewThreadAsync()).Id, Question)).RunId);

        var answer = Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Empty(model.Calls);
        Assert.Contains("limit tokens_per_run of tier free", answer.Result.Markdown, StringComparison.Ordinal);
        Assert.Contains(events.OfType<AgentThinking>(), said =>
            said.Thought.Contains("The run has used 0 of its 100 tokens (limit tokens_per_run of tier free)", StringComparison.Ordinal)
            && said.Thought.EndsWith("The tier early has 500,000.", StringComparison.Ordinal));
        Assert.Contains((await user.GetAsync("/api/me/limits", ApexJson.Default.OwnLimits)).Limits, limit => limit is { Name: "tokens_per_run", Most: 100 });
    }

    [Fact]
    public async Task A_run_that_waits_for_a_budget_can_be_stopped_by_its_user()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("Never said."));
        await using var server = await StartAsync(model);
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        await SetAsync(admin, new BudgetSettingRequest(User: tokens.User.Id.Value, UsdPerDay: 0));

        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, Question)).RunId;
        await user.EventsUntilAsync<RunPaused>(run);
        await Eventually.HoldsAsync(async () => (await user.RunAsync(run)).State == RunState.Paused, "the run is let go");
        (await user.PostAsync($"/api/runs/{run}/cancel", null)).EnsureSuccessStatusCode();

        Assert.IsType<RunCancelled>((await user.EventsToTheEndAsync(run))[^1]);
        Assert.Empty(model.Calls);
    }

    [Fact]
    public async Task Only_administrators_set_budgets_and_a_bad_one_names_its_field()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var admin = server.As(await server.LogInAsAdministratorAsync());

        using var forbidden = await user.PutAsJsonAsync("/api/admin/budgets", new BudgetSettingRequest(Organisation: "org"), ApexJson.Default.BudgetSettingRequest);
        var unknown = await Put(admin, new BudgetSettingRequest(User: "nobody@example.com")).RefusedAsync(HttpStatusCode.NotFound);
        var negative = await Put(admin, new BudgetSettingRequest(Organisation: "org", UsdPerDay: -1)).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var both = await Put(admin, new BudgetSettingRequest(User: "a", Organisation: "b")).RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
        Assert.Contains("nobody@example.com", unknown.Detail, StringComparison.Ordinal);
        Assert.Contains("usd_per_day is -1", negative.Detail, StringComparison.Ordinal);
        Assert.Contains("one user or one organisation", both.Detail, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> Put(HttpClient admin, BudgetSettingRequest request) =>
        admin.PutAsJsonAsync("/api/admin/budgets", request, ApexJson.Default.BudgetSettingRequest);

    private static async Task<BudgetSettingView> SetAsync(HttpClient admin, BudgetSettingRequest request)
    {
        using var reply = await Put(admin, request).Within();
        return await reply.ReadAsync(ApexJson.Default.BudgetSettingView);
    }

    private static Task<ApexTestServer> StartAsync(
        ModelServer model, Action<IServiceCollection>? services = null, Dictionary<Tier, TierLimits>? tiers = null) => ApexTestServer.StartAsync(options => new ApexServerOptions
    {
        Tiers = tiers ?? [],
        DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
        Models = [new ChatModelOptions { Model = "gpt-4o", BaseAddress = model.Address, RetryDelay = TimeSpan.FromMilliseconds(1) }],
    }, builder => services?.Invoke(builder.Services));

    /// <summary>The first time that there is no room, a budget is raised before anybody hears of it.</summary>
    private sealed class RaisingStore(IBudgetStore inner, Func<Task> raise) : StoreAround(inner)
    {
        private int _raised;

        public override async ValueTask<BudgetStanding?> ReserveAsync(
            BudgetReservation reservation, IReadOnlyList<BudgetLimit> limits, CancellationToken cancellationToken)
        {
            var standing = await base.ReserveAsync(reservation, limits, cancellationToken);
            if (standing is not null && Interlocked.Exchange(ref _raised, 1) == 0)
                await raise();
            return standing;
        }
    }

    /// <summary>Stores what is settled, and says that it could not: the worst that a store which goes away can do.</summary>
    private sealed class AwayStore(IBudgetStore inner) : StoreAround(inner)
    {
        public bool IsAway { get; set; }

        public override async ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount spent, CancellationToken cancellationToken)
        {
            await base.SettleAsync(reservation, spent, cancellationToken);
            if (IsAway)
                throw new StorageUnavailableException("The disk is full.");
        }
    }

    private class StoreAround(IBudgetStore inner) : IBudgetStore
    {
        public virtual ValueTask<BudgetStanding?> ReserveAsync(
            BudgetReservation reservation, IReadOnlyList<BudgetLimit> limits, CancellationToken cancellationToken) =>
            inner.ReserveAsync(reservation, limits, cancellationToken);

        public virtual ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount spent, CancellationToken cancellationToken) =>
            inner.SettleAsync(reservation, spent, cancellationToken);

        public ValueTask<int> SettleLeftAsync(CancellationToken cancellationToken) => inner.SettleLeftAsync(cancellationToken);

        public ValueTask<IReadOnlyList<BudgetStanding>> ReadAsync(IReadOnlyList<BudgetLimit> limits, CancellationToken cancellationToken) =>
            inner.ReadAsync(limits, cancellationToken);

        public ValueTask<BudgetSetting?> FindSettingAsync(BudgetOwner owner, CancellationToken cancellationToken) =>
            inner.FindSettingAsync(owner, cancellationToken);

        public ValueTask<IReadOnlyList<BudgetSetting>> ListSettingsAsync(CancellationToken cancellationToken) => inner.ListSettingsAsync(cancellationToken);

        public ValueTask SaveSettingAsync(BudgetSetting setting, CancellationToken cancellationToken) => inner.SaveSettingAsync(setting, cancellationToken);
    }

    /// <summary>A store in a folder of its own, with the budgets of one user.</summary>
    private sealed class Stored : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly SqliteStore _store;
        private readonly TimeProvider _clock;

        private Stored(TimeProvider clock)
        {
            _clock = clock;
            _store = SqliteStore.Open(new SqliteStorageOptions { Folder = _folder.Path }, clock, NullLoggerFactory.Instance);
        }

        public IBudgetStore Budgets => _store.Budgets;

        public Spender Spender { get; } = new(UserId.New(), "org_one", Tier.Free, RunId.New());

        public static Task<Stored> OpenAsync(TimeProvider clock) => Task.FromResult(new Stored(clock));

        public async Task<(long Spent, long Held)> TokensOfTodayAsync(BudgetLedger ledger)
        {
            var standing = (await ledger.ReadAsync(Spender.User, Spender.OrganisationId, Tier.Free, CancellationToken.None))
                .Single(one => one.Limit.Unit == BudgetUnit.Tokens && BudgetWords.IsDay(one.Limit));
            return (standing.Spent, standing.Held);
        }

        public BudgetLedger Ledger(long? tokensPerDay, long? tokensPerMonth = null, IBudgetStore? budgets = null)
        {
            var free = new TierLimits(50, 10, 5, 1, 5, TimeSpan.FromSeconds(60), null, TimeSpan.FromDays(7))
            {
                Budget = new BudgetAllowance(null, null, tokensPerDay, tokensPerMonth),
            };
            var options = new ApexServerOptions { DataFolder = _folder.Path, Tiers = new Dictionary<Tier, TierLimits> { [Tier.Free] = free } };
            return new BudgetLedger(budgets ?? Budgets, new TierTable(options), _clock);
        }

        public async ValueTask DisposeAsync()
        {
            await _store.DisposeAsync();
            _folder.Dispose();
        }
    }
}
