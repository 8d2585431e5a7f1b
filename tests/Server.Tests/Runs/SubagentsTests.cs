using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;

namespace Apex.Server.Tests.Runs;

/// <summary>
/// Data, data helper, optimization, actions, reporting: what each promises its user, as a socket hears it. Data: what the log shows, with
/// the quality of the data; data helper: what is missing and the least to log or upload next; optimization: strategies with saving bands
/// from tools; actions: steps with artefacts, roll-back, verification; reporting: summary, figures, charts, recommendations, method, limits.
/// </summary>
public sealed class SubagentsTests(SubagentsTests.AdvisedRun advised) : IClassFixture<SubagentsTests.AdvisedRun>
{
    [Fact]
    public async Task Data_says_what_the_log_shows_and_how_good_the_data_is()
    {
        await using var server = await ApexTestServer.StartAsync(RunServer.WithRoom);
        var tokens = await server.RegisterAsync();
        using (var user = server.As(tokens))
            await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var run = await HeardRun.AskAsync(server, tokens, "What did we spend per model?");

        var answers = run.AnswersTo("data");
        var spend = answers.Single(answer => answer.Tool == "cost_breakdown").Envelope;
        var quality = answers.Single(answer => answer.Tool == "data_quality").Envelope;
        Assert.Equal(5_563, spend.GetProperty("result").GetProperty("totals").GetProperty("requests").GetInt64());
        Assert.NotEmpty(spend.GetProperty("result").GetProperty("rows").EnumerateArray());
        Assert.Equal(5_563, quality.GetProperty("result").GetProperty("rows").GetInt64());
        Assert.All(quality.GetProperty("result").GetProperty("flags").EnumerateArray(), flag =>
        {
            Assert.NotEmpty(flag.Text("meaning"));
            Assert.True(flag.GetProperty("rows").GetInt64() > 0);
        });
        Assert.All(answers, answer => Assert.Contains(answer.Envelope.Text("grade"), (string[])["A", "B", "C", "D"]));
        Assert.Contains("cost_breakdown", run.EndOf("data").Text("summary"), StringComparison.Ordinal);
        Assert.Contains("have a known price", run.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_helper_names_what_is_missing_and_the_least_to_log_next()
    {
        await using var server = await ApexTestServer.StartAsync(RunServer.WithRoom);
        var tokens = await server.RegisterAsync();
        using (var user = server.As(tokens))
            await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var run = await HeardRun.AskAsync(server, tokens, "Why are answers slow; p95?");

        var notes = run.EndOf("data_helper").GetProperty("result").GetProperty("notes").EnumerateArray().Select(note => note.GetString()!).ToArray();
        Assert.InRange(notes.Length, 1, 4);
        var missing = Assert.Single(notes, note => note.StartsWith("`ts_end` is missing", StringComparison.Ordinal));
        Assert.Contains(missing, run.Markdown, StringComparison.Ordinal);
        // Each says what it is needed for and what to do: more than that it is missing.
        Assert.All(notes, note => Assert.True(note.Split(". ").Length >= 3, note));
    }

    [Fact]
    public async Task Data_helper_tells_who_has_no_log_how_to_bring_one()
    {
        await using var server = await ApexTestServer.StartAsync(RunServer.WithRoom);

        var run = await HeardRun.AskAsync(server, await server.RegisterAsync(), "Where can we save?");

        Assert.Equal(["triage", "data_helper", "reporting"], run.Agents);
        Assert.Equal("The usage log is empty: import a log, or load the demonstration data.", run.EndOf("data_helper").Text("summary"));
        Assert.Equal("guidance", run.Report.Text("kind"));
        Assert.Contains("apex import FILE", run.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void Optimization_gives_strategies_with_saving_bands_that_tools_computed()
    {
        var run = advised.Run;

        Assert.Equal(["triage", "data", "optimization", "actions", "reporting"], run.Agents);
        var strategies = run.AnswersTo("optimization");
        Assert.True(strategies.Select(strategy => strategy.Tool).Distinct().Count() >= 4, run.EndOf("optimization").Text("summary"));
        var substitution = strategies.First(strategy => strategy.Tool == "model_substitution").Envelope.GetProperty("result");
        Assert.True(substitution.GetProperty("answered").GetBoolean() || substitution.Text("reason").Length > 0);
        var replayed = strategies.Single(strategy => strategy.Tool == "what_if").Envelope.GetProperty("result");
        var (before, after) = (replayed.GetProperty("before_usd").GetDecimal(), replayed.GetProperty("after_usd").GetDecimal());
        Assert.True(after < before);
        Assert.Equal(before - after, replayed.GetProperty("saving_usd").GetDecimal());
        Assert.All(Savings(), saving => Assert.InRange(saving.Low, 0, saving.Most));
        Assert.Contains(Savings(), saving => saving.Low > 0);
    }

    [Fact]
    public void Actions_are_steps_with_an_artefact_a_roll_back_and_a_verification_in_the_order_of_their_worth()
    {
        var run = advised.Run;
        var ranked = run.AnswersTo("actions").Single(answer => answer.Tool == "rank_actions").Envelope;
        var steps = ranked.GetProperty("result").GetProperty("actions").EnumerateArray().ToArray();

        Assert.True(steps.Length >= 3, ranked.GetRawText());
        Assert.All(steps, step =>
        {
            Assert.NotEmpty(step.Text("title"));
            Assert.NotEmpty(step.Text("why"));
            Assert.NotEmpty(step.GetProperty("artefact").Text("kind"));
            Assert.NotEmpty(step.GetProperty("artefact").Text("content"));
            Assert.NotEmpty(step.Text("rollback"));
            Assert.NotEmpty(step.Text("verification"));
            Assert.Contains(step.GetProperty("evidence").Text("tool"), run.Tools);
        });
        var worth = steps.Select(step => step.GetProperty("value_usd_per_month").GetDecimal()).ToArray();
        Assert.Equal(worth.OrderDescending(), worth);
        Assert.Equal(Enumerable.Range(1, steps.Length), steps.Select(step => step.GetProperty("rank").GetInt32()));
        Assert.Contains($"**{steps[0].Text("title")}**", run.Markdown, StringComparison.Ordinal);
        Assert.Contains("*Undo:*", run.Markdown, StringComparison.Ordinal);
        Assert.Contains("*Check:*", run.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void Reporting_gives_a_summary_figures_that_can_be_traced_charts_recommendations_method_and_limits()
    {
        var (run, report) = (advised.Run, advised.Run.Report);

        Assert.Equal("full", report.Text("kind"));
        Assert.NotEmpty(report.Text("title"));
        Assert.StartsWith("**", run.Markdown, StringComparison.Ordinal);
        Assert.NotEmpty(run.Events[^1].Text("summary"));
        Assert.Contains("## What to do", run.Markdown, StringComparison.Ordinal);
        Assert.Contains("## Method and limits", run.Markdown, StringComparison.Ordinal);
        Assert.Contains("Assumed:", run.Markdown, StringComparison.Ordinal);
        Assert.Contains("Demonstration data", run.Markdown, StringComparison.Ordinal);
        Assert.NotEmpty(report.GetProperty("follow_ups").EnumerateArray());

        var figures = report.GetProperty("figures").EnumerateArray().ToArray();
        Assert.True(figures.Length >= 10);
        Assert.All(figures, figure =>
        {
            Assert.Contains($"(#{figure.Text("id")})", run.Markdown, StringComparison.Ordinal);
            Assert.Equal(figure.GetProperty("value").GetDouble(), run.At(figure.Text("tool_call_id"), figure.Text("pointer")).GetDouble());
        });
        var sources = report.GetProperty("sources").EnumerateArray().Select(source => source.Text("tool_call_id")).ToHashSet();
        Assert.All(figures, figure => Assert.Contains(figure.Text("tool_call_id"), sources));
        var charts = report.GetProperty("charts").EnumerateArray().ToArray();
        Assert.NotEmpty(charts);
        Assert.All(charts, chart => Assert.Contains($"(#{chart.Text("id")})", run.Markdown, StringComparison.Ordinal));
    }

    /// <summary>Of every ranked action that saves: what is certain, and what is expected, a month.</summary>
    private IEnumerable<(decimal Low, decimal Most)> Savings() =>
        from answer in advised.Run.AnswersTo("actions")
        where answer.Tool == "rank_actions"
        from step in answer.Envelope.GetProperty("result").GetProperty("actions").EnumerateArray()
        let most = step.GetProperty("saving_usd_per_month").GetDecimal()
        where most > 0
        select (step.GetProperty("saving_low_usd_per_month").GetDecimal(), most);

    /// <summary>One run over a generated organisation that has something to save, for all who look at it.</summary>
    public sealed class AdvisedRun : IAsyncLifetime
    {
        private HeardRun? _run;

        internal HeardRun Run => _run ?? throw new InvalidOperationException("It has not been asked yet.");

        public async ValueTask InitializeAsync()
        {
            await using var server = await ApexTestServer.StartAsync(RunServer.WithRoom);
            var tokens = await server.RegisterAsync();
            using var user = server.As(tokens);
            using var reply = await user.PostAsJsonAsync("/api/usage/demo", new DemoRequest(Seed: 11, Days: 10), ApexJson.Default.DemoRequest).Within();
            await UsageApi.EndOfAsync(user, (await reply.ReadAsync(ApexJson.Default.JobReply)).JobId);
            _run = await HeardRun.AskAsync(server, tokens, "Where can we save?");
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
