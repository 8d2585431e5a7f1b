using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Apex.Usage.Import.Formats.VendorReports;

/// <summary>By what a vendor's sum is grouped: with the bucket's bounds these make its identity.</summary>
internal sealed class SumGroups
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly string[] names;

    public SumGroups(JsonElement sum, params string[] names)
    {
        this.names = names;
        foreach (var name in names)
        {
            var text = JsonText.Inside(sum, name);
            if (!text.IsEmpty && text.Length <= RowCheck.MaxTextLength)
                values.Add(name, Encoding.UTF8.GetString(text));
        }
    }

    public string? this[string name] => values.GetValueOrDefault(name);

    public string IdOf(DateTimeOffset start, DateTimeOffset end)
    {
        var id = new StringBuilder();
        id.Append(CultureInfo.InvariantCulture, $"{start.ToUnixTimeSeconds()}-{end.ToUnixTimeSeconds()}");
        foreach (var name in names)
            id.Append('|').Append(values.GetValueOrDefault(name)?.Replace("|", "||", StringComparison.Ordinal));
        return id.ToString();
    }
}
