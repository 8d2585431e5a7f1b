using System.Text.Json.Serialization;
using Apex.Protocol.Events;

namespace Apex.Protocol.Reports;

/// <summary>
/// The answer of a run. <see cref="Markdown"/> is the whole text; in it a figure is a link to <c>#fig-N</c> and a chart an image
/// of <c>#chart-N</c>, so a reader that knows neither still shows the text.
/// </summary>
public sealed record Report
{
    /// <summary>Always <c>done</c>; existing clients read it.</summary>
    public string Status { get; init; } = "done";

    public required ReportKind Kind { get; init; }
    public required string Title { get; init; }
    public required string Markdown { get; init; }
    public IReadOnlyList<Figure> Figures { get; init; } = [];
    public IReadOnlyList<Chart> Charts { get; init; } = [];

    /// <summary>Which tool calls the figures come from; the full envelopes are in the run's <c>tool_completed</c> events.</summary>
    public IReadOnlyList<ReportSource> Sources { get; init; } = [];

    /// <summary>Questions worth asking next, ready to send.</summary>
    public IReadOnlyList<string> FollowUps { get; init; } = [];

    /// <summary><c>deterministic</c>, or the name of the chat model that phrased the answer.</summary>
    public required string Planner { get; init; }

    /// <summary>The chat model that was asked first, where another one, or none, gave the words; why stands in the answer. Else absent.</summary>
    public string? InsteadOf { get; init; }

    /// <summary>What calls of chat models for this answer used, failed ones too; absent when none was made.</summary>
    public ModelUsage? Usage { get; init; }
}

/// <summary>How much of an answer could be given.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ReportKind>))]
public enum ReportKind
{
    Full,
    Partial,
    Guidance,
    Emergency,
}

/// <summary>One number in an answer and where it stands in a result envelope.</summary>
/// <param name="Id"><c>fig-N</c>, unique in the report.</param>
/// <param name="Text">As printed, for instance <c>$1,234.56</c>.</param>
/// <param name="Unit"><c>usd</c>, <c>tokens</c>, <c>requests</c>, <c>share</c>, <c>ms</c>, <c>days</c> or <c>count</c>.</param>
/// <param name="Pointer">JSON pointer into the envelope, for instance <c>/result/rows/3/cost_usd</c>.</param>
/// <param name="Grade">A to D.</param>
public sealed record Figure(
    string Id, string Text, double Value, string Unit, string ToolCallId, string ToolName, string Pointer, string Grade);

/// <summary>A picture of figures, drawn by whoever shows it.</summary>
/// <param name="Id"><c>chart-N</c>.</param>
/// <param name="Labels">One per point, along x.</param>
/// <param name="Unit">Of the values, as in <see cref="Figure"/>.</param>
/// <param name="Axis">Where points stand at numbers: of a curve or a scatter, whose labels then name the points.</param>
public sealed record Chart(
    string Id,
    ChartKind Kind,
    string Title,
    IReadOnlyList<string> Labels,
    IReadOnlyList<ChartSeries> Series,
    string Unit,
    string ToolCallId,
    ChartAxis? Axis = null);

/// <summary>Numbers along x instead of points side by side.</summary>
/// <param name="Positions">One per label, ascending for a line.</param>
/// <param name="Unit">Of the positions, as in <see cref="Figure"/>.</param>
/// <param name="Logarithmic">Positions are then above 0.</param>
public sealed record ChartAxis(IReadOnlyList<double> Positions, string Unit, string Title, bool Logarithmic = false);

/// <param name="Values">One per label; null where there is nothing to show.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<double?> Values);

[JsonConverter(typeof(SnakeCaseEnumConverter<ChartKind>))]
public enum ChartKind
{
    Line,
    Bar,
    StackedBar,
    Histogram,
    Scatter,

    /// <summary>One series: its first and its last value are levels, those between are the changes that lead from one to the other.</summary>
    Waterfall,

    /// <summary>Labels run across, series down; a value is shown by the strength of its colour.</summary>
    HeatMap,
}

/// <summary>One tool call behind an answer, with what a reader must know before trusting it.</summary>
public sealed record ReportSource(
    string ToolCallId,
    string ToolName,
    string Grade,
    long RowsUsed,
    double PricedShare,
    DateTimeOffset? From,
    DateTimeOffset? To,
    IReadOnlyList<string> Assumptions,
    IReadOnlyList<string> Caveats);
