using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Apex.Agents.Subagents;

namespace Apex.Agents.Figures;

/// <summary>Everything the envelopes of a run hold, so that a text can be held against it: numbers, texts, dates.</summary>
internal sealed partial class EvidenceIndex
{
    private readonly Dictionary<string, JsonElement> _envelopes = new(StringComparer.Ordinal);
    private readonly double[] _numbers;
    private readonly string _texts;
    private readonly HashSet<string> _numbersInTexts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dates = new(StringComparer.Ordinal);
    private readonly string? _first;
    private readonly string? _last;

    /// <param name="calls">Those that failed hold nothing.</param>
    /// <param name="dates">The log's extent and the period asked for: dates from the earliest to the latest may be named.</param>
    public EvidenceIndex(IEnumerable<ToolCallResult> calls, string question, params IReadOnlyList<DateTimeOffset> dates)
    {
        Question = question.ToLowerInvariant();
        var numbers = new List<double>();
        var texts = new StringBuilder();
        foreach (var call in calls)
            if (call.Result is { } envelope)
            {
                _envelopes[call.ToolCallId] = envelope;
                Collect(envelope, numbers, texts);
            }

        if (dates.Count > 0)
            (_first, _last) = (Iso(dates.Min()), Iso(dates.Max()));
        numbers.Sort();
        _numbers = [.. numbers];
        _texts = texts.ToString();
    }

    /// <summary>Lower case.</summary>
    public string Question { get; }

    public JsonElement? Envelope(string toolCallId) => _envelopes.TryGetValue(toolCallId, out var envelope) ? envelope : null;

    /// <summary>Whether some envelope holds a number that lies within <paramref name="tolerance"/> of this one.</summary>
    public bool HoldsNumber(double number, double tolerance)
    {
        // Doubles of decimals are off by a little; a printed half rounds either way.
        var slack = tolerance + (Math.Abs(number) * 1e-9) + 1e-12;
        var index = Array.BinarySearch(_numbers, number - slack);
        if (index < 0)
            index = ~index;
        return index < _numbers.Length && _numbers[index] <= number + slack;
    }

    /// <summary>Whether a text in an envelope, a caveat for instance, prints exactly this number.</summary>
    public bool PrintsNumber(string token) => _numbersInTexts.Contains(token);

    /// <summary>Whether this name stands in an envelope or in the question.</summary>
    public bool HoldsName(string name)
    {
        var lower = name.ToLowerInvariant();
        return _texts.Contains(lower, StringComparison.Ordinal) || Question.Contains(lower, StringComparison.Ordinal);
    }

    /// <param name="date"><c>yyyy-MM-dd</c>, <c>yyyy-MM</c> or <c>yyyy</c>.</param>
    public bool HoldsDate(string date) =>
        _dates.Contains(date)
        // Dates in this form order like texts; a month or year is compared with as much of the ends as it says.
        || (_first is not null && _last is not null
            && string.CompareOrdinal(date, _first[..date.Length]) >= 0 && string.CompareOrdinal(date, _last[..date.Length]) <= 0);

    private static string Iso(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private void Collect(JsonElement element, List<double> numbers, StringBuilder texts)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    texts.Append(property.Name.ToLowerInvariant()).Append('\n');
                    Collect(property.Value, numbers, texts);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    Collect(item, numbers, texts);
                break;
            case JsonValueKind.Number:
                numbers.Add(element.GetDouble());
                break;
            case JsonValueKind.String:
                AddText(element.GetString()!, texts); // A string element holds a string.
                break;
        }
    }

    private void AddText(string text, StringBuilder texts)
    {
        texts.Append(text.ToLowerInvariant()).Append('\n');
        if (!text.AsSpan().ContainsAnyInRange('0', '9'))
            return;
        foreach (Match match in Date().Matches(text))
            AddDate(match.Value);
        foreach (Match match in Number().Matches(text))
            _numbersInTexts.Add(match.Value);
    }

    private void AddDate(string date)
    {
        _dates.Add(date);
        _dates.Add(date[..Math.Min(7, date.Length)]);
        _dates.Add(date[..4]);
    }

    [GeneratedRegex(@"(?<!\d)(?:19|20)\d{2}-\d{2}(?:-\d{2})?")]
    private static partial Regex Date();

    [GeneratedRegex(@"\d[\d,]*(?:\.\d+)?")]
    private static partial Regex Number();
}
