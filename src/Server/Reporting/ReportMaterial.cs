using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting;

/// <summary>
/// The analyses a report is written from, by the part they play. One that refuses, fails or takes too long is missing from the report
/// and named in it; the report is written all the same.
/// </summary>
internal sealed class ReportMaterial(Analyses analyses, string organisationId, JsonNode? window, TimeProvider clock)
{
    private const int AtOnce = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, ResultEnvelope> _found = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _missing = new();

    /// <summary>What could not be computed and why.</summary>
    public IReadOnlyList<string> Missing => [.. _missing.Order(StringComparer.Ordinal)];

    public ResultEnvelope? Find(string role) => _found.GetValueOrDefault(role);

    /// <summary>The envelope's result, where the tool could answer.</summary>
    public JsonElement? Result(string role) => Find(role)?.Result;

    public IEnumerable<ResultEnvelope> All => _found.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value);

    public Task GatherAsync(IEnumerable<ReportStep> steps, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        steps, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
        async (step, token) => await RunAsync(step, token));

    private async ValueTask RunAsync(ReportStep step, CancellationToken cancellationToken)
    {
        var arguments = (JsonObject)step.Arguments.DeepClone();
        if (step.OfWindow && window is not null)
            arguments["window"] = window.DeepClone();
        using var deadline = new CancellationTokenSource(Patience, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            _found[step.Role] = await analyses.RunAsync(organisationId, step.Tool, arguments, ending.Token);
        }
        catch (ToolArgumentException refused)
        {
            _missing.Enqueue($"{step.Tool}: {refused.Message}");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            _missing.Enqueue($"{step.Tool} took longer than {Patience.TotalSeconds:0} s over this window; a narrower window may do.");
        }
    }
}

/// <summary>One analysis of a report.</summary>
/// <param name="Role">What it is for; a tool may play several parts.</param>
/// <param name="OfWindow">Whether the report's window is its window too.</param>
internal sealed record ReportStep(string Role, string Tool, JsonObject Arguments, bool OfWindow = true);
