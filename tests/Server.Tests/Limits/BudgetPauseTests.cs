using System.Net.Http.Json;
using Apex.Agents.ChatModels;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Server.Operations;
using Apex.Server.Runs;
using Apex.Server.Runs.Spending;
using Apex.Server.Tests.Runs;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Tests.Limits;

/// <summary>Model access and tiers: a run that waits for a budget is never lost, and waiting gives it back nothing that it has used.</summary>
public sealed class BudgetPauseTests : IAsyncDisposable
{
    private const string Question = "What did we spend per model?";
    private const int Enough = 1_000_000_000;

    private static readonly ModelReply Answer = ModelReply.Saying("**Most of it goes to one model.**");

    private ModelServer? _model;
    private ApexTestServer? _server;
    private FlakyFeed? _feed;
    private long? _tokensPerDay = 10;
    private long? _tokensPerRun;

    [Fact]
    public async Task A_server_that_dies_between_a_raised_budget_and_the_waking_of_its_runs_wakes_them_at_its_next_start()
    {
        var (tokens, run) = await WaitingRunAsync(Answer);
        using (var admin = _server!.As(await _server.LogInAsAdministratorAsync()))
        {
            // The budget is stored, and not one of the runs that wait for it is woken: as a process leaves it that dies here.
            _feed!.AwayForWakes();
            using var refused = await SetAsync(admin, tokens, Enough);
            Assert.False(refused.IsSuccessStatusCode);
        }

        await _server.RestartAsync();
        using var user = _server.As(tokens);
        var events = await user.EventsToTheEndAsync(run);

        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Single(events.OfType<RunPaused>());
        Assert.Single(events.OfType<RunResumed>());
        Assert.Empty(events.OfType<RunRecovering>());
    }

    [Fact]
    public async Task A_restart_with_a_larger_budget_of_the_tier_wakes_the_runs_that_wait_for_it()
    {
        var (tokens, run) = await WaitingRunAsync(Answer);

        _tokensPerDay = null;
        await _server!.RestartAsync();
        using var after = _server.As(tokens);
        var events = await after.EventsToTheEndAsync(run);

        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Equal("There is room for it in the budget now.", Assert.Single(events.OfType<RunResumed>()).Reason);
    }

    [Fact]
    public async Task A_higher_tier_wakes_the_runs_that_wait_for_the_budget_of_the_lower_one()
    {
        var (tokens, run) = await WaitingRunAsync(Answer);
        using var admin = _server!.As(await _server.LogInAsAdministratorAsync());

        using var reply = await admin.PutAsJsonAsync(
            $"/api/admin/users/{tokens.User.Id}", new ManagedUserRequest(Tier: Tier.Enterprise), ApexJson.Default.ManagedUserRequest).Within();
        var changed = await reply.ReadAsync(ApexJson.Default.ManagedUserReply);
        using var user = _server.As(tokens);
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(1, changed.RunsWoken);
        Assert.Equal("An administrator changed the tier of the account.", Assert.Single(events.OfType<RunResumed>()).Reason);
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_run_for_which_there_is_no_room_sleeps_through_restarts_looks_and_a_lowered_budget()
    {
        var (tokens, run) = await WaitingRunAsync(Answer);
        using (var admin = _server!.As(await _server.LogInAsAdministratorAsync()))
        {
            using var lowered = await SetAsync(admin, tokens, 5);
            Assert.Equal(0, (await lowered.ReadAsync(ApexJson.Default.BudgetSettingView)).Woken);
        }

        await _server.RestartAsync();
        await _server.Services.GetRequiredService<BudgetWaker>().LookAsync("Somebody looks.", CancellationToken.None).AsTask().Within();
        using var user = _server.As(tokens);
        var waits = await user.RunAsync(run);
        (await user.PostAsync($"/api/runs/{run}/cancel", null)).EnsureSuccessStatusCode();
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(RunState.Paused, waits.State);
        Assert.Single(events.OfType<RunPaused>());
        Assert.Empty(events.OfType<RunResumed>());
        Assert.Empty(_model!.Calls);
    }

    [Fact]
    public async Task Room_for_one_of_two_runs_wakes_the_older_one_alone()
    {
        var (tokens, older) = await WaitingRunAsync(ModelReply.SilentAfter(""));
        using var user = _server!.As(tokens);
        var newer = (await user.AskAsync((await user.NewThreadAsync()).Id, Question)).RunId;
        await user.EventsUntilAsync<RunPaused>(newer);
        await Eventually.HoldsAsync(async () => (await user.RunAsync(newer)).State == RunState.Paused, "both wait");
        using var admin = _server.As(await _server.LogInAsAdministratorAsync());
        var asked = Assert.IsType<RunPaused>((await user.EventsUntilAsync<RunPaused>(older))[^1]).Reason;

        using var raised = await SetAsync(admin, tokens, AskedTokens(asked) * 3 / 2);
        var view = await raised.ReadAsync(ApexJson.Default.BudgetSettingView);

        Assert.Equal(1, view.Woken);
        await Eventually.HoldsAsync(async () => (await user.RunAsync(older)).State == RunState.Running, "the older one is at work");
        Assert.Equal(RunState.Paused, (await user.RunAsync(newer)).State);
    }

    [Fact]
    public async Task Tokens_a_run_has_used_count_after_it_waited_and_the_server_was_restarted()
    {
        _tokensPerRun = 2_000_000;
        _tokensPerDay = 1_000_100;
        await StartAsync(
            ModelReply.Calling(1_000_000, ("cost_breakdown", """{"group_by":["user"]}""")),
            ModelReply.Calling(995_000, ("cost_breakdown", """{"group_by":["feature"]}""")), Answer);
        var tokens = await _server!.RegisterAsync();
        RunId run;
        using (var before = _server.As(tokens))
        {
            await UsageLog.UsageApi.ImportAsync(before, SharedData.AiderCalls);
            run = (await before.AskAsync((await before.NewThreadAsync()).Id, Question)).RunId;
            await before.EventsUntilAsync<RunPaused>(run);
        }

        await _server.RestartAsync();
        using var admin = _server.As(await _server.LogInAsAdministratorAsync());
        (await SetAsync(admin, tokens, Enough)).Dispose();
        using var after = _server.As(tokens);
        var events = await after.EventsToTheEndAsync(run);

        var answer = Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Equal(2, _model!.Calls.Count);
        Assert.Contains("limit tokens_per_run of tier free", answer.Result.Markdown, StringComparison.Ordinal);
        Assert.Contains(events.OfType<AgentThinking>(), said =>
            said.Thought.Contains("The run has used 1,995,060 of its 2,000,000 tokens", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_budget_smaller_than_one_call_does_not_claim_to_be_enough_another_day()
    {
        var (tokens, run) = await WaitingRunAsync(Answer);
        using var user = _server!.As(tokens);

        var paused = Assert.IsType<RunPaused>((await user.EventsUntilAsync<RunPaused>(run))[^1]);

        Assert.Contains("more than the whole budget", paused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("by itself", paused.Reason, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
            await server.DisposeAsync();
        if (_model is { } model)
            await model.DisposeAsync();
    }

    private async Task<(TokenReply Tokens, RunId Run)> WaitingRunAsync(params ModelReply[] replies)
    {
        await StartAsync(replies);
        var tokens = await _server!.RegisterAsync();
        using var user = _server.As(tokens);
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, Question)).RunId;
        await user.EventsUntilAsync<RunPaused>(run);
        await Eventually.HoldsAsync(async () => (await user.RunAsync(run)).State == RunState.Paused, "the run is let go");
        return (tokens, run);
    }

    private static long AskedTokens(string reason)
    {
        var words = reason[(reason.IndexOf("up to ", StringComparison.Ordinal) + "up to ".Length)..];
        return long.Parse(words[..words.IndexOf(' ', StringComparison.Ordinal)], System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Task<HttpResponseMessage> SetAsync(HttpClient admin, TokenReply user, long tokensPerDay) => admin.PutAsJsonAsync(
        "/api/admin/budgets", new BudgetSettingRequest(User: user.User.Id.Value, TokensPerDay: tokensPerDay), ApexJson.Default.BudgetSettingRequest).Within();

    private async Task StartAsync(params ModelReply[] replies)
    {
        _model = await ModelServer.StartAsync(replies);
        _server = await ApexTestServer.StartAsync(
            options => new ApexServerOptions
            {
                DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
                AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
                Models = [new ChatModelOptions { Model = "gpt-4o", BaseAddress = _model.Address, RetryDelay = TimeSpan.FromMilliseconds(1) }],
                Tiers = new Dictionary<Tier, TierLimits>
                {
                    [Tier.Free] = new(1_000, 100, 5, 5, 5, TimeSpan.FromMinutes(10), null, TimeSpan.FromDays(7), TokensPerRun: _tokensPerRun)
                    {
                        Budget = new BudgetAllowance(null, null, _tokensPerDay, null),
                    },
                },
            },
            builder =>
            {
                builder.Services.Configure<RunsOptions>(runs => runs.StorePatience = TimeSpan.Zero);
                builder.Services.Replace(ServiceDescriptor.Singleton<IFeed>(provider =>
                    _feed = new FlakyFeed(() => provider.GetRequiredService<EmbeddedStore>().Open.Feed)));
            });
    }
}
