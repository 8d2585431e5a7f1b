using System.Net;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;
using Apex.Server.Operations.Quality;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Testing;

namespace Apex.Server.Tests.Operations;

/// <summary>Answers are scored in service: from what is stored, kept with the run, told to the operators when they become worse.</summary>
public sealed class ResponseQualityTests
{
    [Fact]
    public async Task A_computed_answer_has_a_full_score_which_an_administrator_reads_and_its_user_does_not()
    {
        await using var server = await ApexTestServer.StartAsync(options => Sampled(options, 1));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "Where can we save, and what did we spend per model?")).RunId;
        Assert.Equal(ReportKind.Full, Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]).Result.Kind);
        var score = await ScoredAsync(admin, tokens.User.Id, run);

        Assert.Empty(score.Faults);
        Assert.Equal((1.0, run), (score.Score, score.RunId));
        var quality = await admin.GetAsync("/api/admin/quality", ApexJson.Default.QualityView);
        Assert.Equal((1, 1L, 1.0, false), (quality.Share, quality.Scored, quality.Mean, quality.Degraded));
        Assert.Contains("apex_answers_scored_total 1", await server.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
        using var refused = await user.GetAsync("/api/admin/quality");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        await admin.GetAsync($"/api/admin/quality/{tokens.User.Id}/run_unknown").RefusedAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_invented_figure_and_filler_cost_their_share_and_twenty_such_answers_are_told_to_the_operators()
    {
        await using var server = await RunServer.StartAsync(
            new ScriptedSupervisor((context, _, _) => InventAsync(context)), options => Sampled(RunServer.WithRoom(options), 1));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var administrator = await server.LogInAsAdministratorAsync();
        using var admin = server.As(administrator);
        await using var operators = await WireClient.OpenAsync(server.Address, administrator.AccessToken);
        await operators.SendAsync(new Protocol.Frames.Resume(0));
        var thread = (await user.NewThreadAsync()).Id;

        var first = (await user.AskAsync(thread, "What do we spend?")).RunId;
        var score = await ScoredAsync(admin, tokens.User.Id, first);
        for (var asked = 1; asked < QualityWindow.Judged; asked++)
            await user.EventsToTheEndAsync((await user.AskAsync(thread, "What do we spend?")).RunId);
        var told = await operators.ReceiveUntilAsync("system_degraded");

        Assert.Equal(["figures", "sources", "filler"], score.Failed);
        Assert.Equal(0.3, score.Score);
        Assert.Contains(score.Faults, fault => fault.Contains("4711", StringComparison.Ordinal));
        Assert.Contains(score.Faults, fault => fault.Contains("feel free to", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("answer_quality", told.Text("component"));
        Assert.True((await admin.GetAsync("/api/admin/quality", ApexJson.Default.QualityView)).Degraded);
    }

    [Fact]
    public async Task Without_a_share_nothing_is_scored()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering(), options => Sampled(options, 0));
        using var user = server.As(await server.RegisterAsync());
        using var admin = server.As(await server.LogInAsAdministratorAsync());

        await user.EventsToTheEndAsync((await user.AskAsync((await user.NewThreadAsync()).Id, "Hello")).RunId);

        var quality = await admin.GetAsync("/api/admin/quality", ApexJson.Default.QualityView);
        Assert.Equal((0, 0L, null, 0), (quality.Share, quality.Scored, quality.Mean, quality.Recent.Count));
    }

    [Fact]
    public void Answers_that_fall_below_what_they_were_are_noticed_before_they_are_bad_and_so_is_their_return()
    {
        var window = new QualityWindow();
        for (var i = 0; i < 100; i++)
            Assert.Null(window.Add(Scored(1)));

        bool?[] changes = [.. Enumerable.Range(0, QualityWindow.Judged).Select(_ => window.Add(Scored(0.85)))];
        bool?[] back = [.. Enumerable.Range(0, 2 * QualityWindow.Judged).Select(_ => window.Add(Scored(1)))];

        Assert.Equal([true], changes.OfType<bool>());
        Assert.Equal([false], back.OfType<bool>());
        Assert.False(window.IsWorse);
    }

    private static AnswerScoreView Scored(double score) => new(RunId.New(), UserId.New(), DateTimeOffset.UnixEpoch, score, [], []);

    private static async Task<AnswerScoreView> ScoredAsync(HttpClient admin, UserId user, RunId run)
    {
        AnswerScoreView? score = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                using var reply = await admin.GetAsync($"/api/admin/quality/{user}/{run}");
                score = reply.IsSuccessStatusCode ? JsonSerializer.Deserialize(await reply.Content.ReadAsStringAsync(), ApexJson.Default.AnswerScoreView) : null;
                return score is not null;
            },
            "the answer is scored");
        return score!;
    }

    private static async IAsyncEnumerable<AgentOutput> InventAsync(RunContext context)
    {
        yield return ScriptedSupervisor.Started(context);
        await Task.Yield();
        yield return ScriptedSupervisor.Completed(context, "We spent $4711 in all. Feel free to ask for more.");
    }

    private static ApexServerOptions Sampled(ApexServerOptions options, double share) => new()
    {
        DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword, Tiers = options.Tiers, QualityShare = share,
    };
}
