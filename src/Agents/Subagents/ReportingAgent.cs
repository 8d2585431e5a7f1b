using System.Globalization;
using System.Text.Json;
using Apex.Agents.Reports;
using Apex.Agents.Tools;
using Apex.Protocol.Reports;
using Microsoft.Extensions.Logging;

namespace Apex.Agents.Subagents;

/// <summary>Writes the answer from what the others found. Full, partial or guidance: it always has one.</summary>
internal sealed partial class ReportingAgent(ToolCatalogue tools, ILogger<ReportingAgent> log) : ISubagent
{
    public string Name => SubagentNames.Reporting;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (TriageFindings.Of(task) is not { } verdict)
            return Answered(EmergencyReport.Of(task.Run.Question, task.Failures));
        if (verdict.Refusal is { } refusal)
            return Answered(Guidance.Refused(refusal));

        await work.ThinkAsync("Writing the answer and holding every figure against its envelope.", "reporting", cancellationToken);
        var report = ReportComposer.Compose(task, verdict, tools, out var refused);
        foreach (var fault in refused)
            FigureRefused(fault, task.Run.Run.Value);
        return Answered(report);
    }

    private static SubagentFindings Answered(Report report)
    {
        var summary = string.Create(
            CultureInfo.InvariantCulture, $"{report.Kind} report, {report.Figures.Count} traced figures, {(report.Charts.Count == 1 ? "1 chart" : $"{report.Charts.Count} charts")}.");
        var content = JsonSerializer.SerializeToElement(
            new ReportOutline(report.Title, report.Kind, report.Figures.Count, report.Charts.Count), AgentsJson.Default.ReportOutline);
        return new SubagentFindings(summary, content, report);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A sentence was left out of the report of run {Run}: {Fault}")]
    private partial void FigureRefused(string fault, string run);
}

/// <summary>What the stream shows of a report before the report itself.</summary>
internal sealed record ReportOutline(string Title, ReportKind Kind, int Figures, int Charts);
