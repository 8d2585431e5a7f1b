using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Threading.Channels;
using Apex.Agents.Quality;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Operations.Notices;
using Apex.Server.Runs;
using Apex.Storage.Documents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Quality;

/// <summary>
/// Scores a share of the answers (<see cref="ApexServerOptions.QualityShare"/>) after they were given, from what is stored of them, and
/// keeps the score with the run. Tells the operators when answers become worse and when they are good again. No run waits for it: where it
/// is behind, an answer is not scored.
/// </summary>
internal sealed partial class QualitySampler : BackgroundService
{
    /// <summary>Begins the names of all scores.</summary>
    public const string Folder = "quality/";
    private const string Own = "apex-operations";
    private const string Component = "answer_quality";
    private const int MostWaiting = 100;

    private readonly Channel<AnsweredRunId> _waiting = Channel.CreateBounded<AnsweredRunId>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly RunAnswers _answers;
    private readonly StoredRuns _runs;
    private readonly ToolResults _results;
    private readonly IDocumentStore _documents;
    private readonly OperatorNotices _notices;
    private readonly TimeProvider _time;
    private readonly ILogger<QualitySampler> _logger;
    private readonly Counter<long> _scored;
    private readonly Counter<long> _failed;

    public QualitySampler(
        RunAnswers answers, StoredRuns runs, ToolResults results, IDocumentStore documents, OperatorNotices notices, ApexServerOptions options,
        IMeterFactory meters, TimeProvider time, ILogger<QualitySampler> logger)
    {
        (_answers, _runs, _results, _documents, _notices, _time, _logger) = (answers, runs, results, documents, notices, time, logger);
        Share = options.QualityShare;
        var meter = meters.Create(RunMetrics.MeterName);
        _scored = meter.CreateCounter<long>("apex.answers.scored", "{answer}", "Answers that were scored.");
        _failed = meter.CreateCounter<long>("apex.answers.failed", "{answer}", "Scored answers with a fault, by aspect.");
        meter.CreateObservableGauge(
            "apex.answers.score", () => Window.Mean is { } mean ? [new Measurement<double>(mean)] : Array.Empty<Measurement<double>>(), "{score}",
            "Mean score of the last scored answers; 1 is without a fault.");
        answers.Answered += Take;
    }

    public double Share { get; }

    public QualityWindow Window { get; } = new();

    /// <summary>The score that is kept with a run; null when its answer was not among those scored.</summary>
    public async ValueTask<AnswerScoreView?> FindAsync(UserId user, RunId run, CancellationToken cancellationToken) =>
        await _documents.FindAsync(Own, NameOf(user, run), cancellationToken) is { } kept
            ? JsonSerializer.Deserialize(kept.Span, ApexJson.Default.AnswerScoreView)
            : null;

    /// <summary>Scores the answer now, whether it is in the sample or not, and keeps the score.</summary>
    /// <returns>Null when the run has no answer, or its events are no longer kept.</returns>
    public async ValueTask<AnswerScoreView?> ScoreAsync(AnsweredRunId run, CancellationToken cancellationToken)
    {
        var events = new List<ApexEvent>();
        await foreach (var said in _runs.ReadAsync(run.User, run.Run, cancellationToken))
            events.Add(await WholeAsync(run, said, cancellationToken));
        if (AnsweredRun.Of(events) is not { } answered)
            return null;

        var score = AnswerQuality.Score(answered);
        string[] failed = [.. score.Failed.Select(aspect => aspect.ToString().ToLowerInvariant())];
        var view = new AnswerScoreView(run.Run, run.User, _time.GetUtcNow(), score.Value, failed, score.Faults);
        await _documents.SaveAsync(
            Own, NameOf(run.User, run.Run), JsonSerializer.SerializeToUtf8Bytes(view, ApexJson.Default.AnswerScoreView), cancellationToken);
        _scored.Add(1);
        foreach (var aspect in failed)
            _failed.Add(1, new KeyValuePair<string, object?>("aspect", aspect));
        await TellAsync(Window.Add(view), cancellationToken);
        return view;
    }

    public override void Dispose()
    {
        _answers.Answered -= Take;
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var run in _waiting.Reader.ReadAllAsync(stoppingToken))
                await TryScoreAsync(run, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not scored stays so: it was a sample.
            return;
        }
    }

    private static string NameOf(UserId user, RunId run) => $"{Folder}{user}/{run}";

    private void Take(AnsweredRunId run)
    {
        if (Random.Shared.NextDouble() < Share)
            _waiting.Writer.TryWrite(run);
    }

    private async Task TryScoreAsync(AnsweredRunId run, CancellationToken cancellationToken)
    {
        try
        {
            await ScoreAsync(run, cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            // An answer that cannot be scored is given all the same; the next one is looked at.
            LogNotScored(fault, run.Run.Value);
        }
    }

    /// <summary>With its result in its place where that is stored apart.</summary>
    private async ValueTask<ApexEvent> WholeAsync(AnsweredRunId run, ApexEvent said, CancellationToken cancellationToken)
    {
        if (said is not ToolCompleted { ResultRef: not null } tool
            || await _results.FindAsync(run.OrganisationId, run.User, run.Run, tool.ToolCallId, cancellationToken) is not { } json)
            return said;
        using var document = JsonDocument.Parse(json);
        return tool with { Result = document.RootElement.Clone() };
    }

    private Task TellAsync(bool? isWorse, CancellationToken cancellationToken) => isWorse switch
    {
        true => _notices.DegradedAsync(
            Component,
            $"Answers have become worse: the last {QualityWindow.Judged} that were scored have {Window.Mean:0.00} of 1 on average. GET /api/admin/quality names what is wrong.",
            cancellationToken),
        false => _notices.RecoveredAsync(Component, $"Answers are as good as before: {Window.Mean:0.00} of 1 on average.", cancellationToken),
        null => Task.CompletedTask,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer of run {RunId} could not be scored.")]
    private partial void LogNotScored(Exception exception, string runId);
}
