using System.Text.Json;

namespace Apex.Usage.Import;

/// <summary>
/// How a CSV of one's own is read: which column holds which field. Its JSON form is what users save, for instance
/// <c>{"name":"gateway","time_unit":"unix_ms","columns":{"ts_start":"time","input_tokens":"in","output_tokens":"out"}}</c>.
/// </summary>
public sealed record ColumnMapping
{
    private const int MaxNameLength = 64;
    private const int MaxColumns = 200;
    private const string DefaultDelimiter = ",";
    private const string DefaultCurrency = "USD";

    // The generated JSON reader sets properties that the text leaves out to null, hence the setters below.
    private static readonly IReadOnlyDictionary<string, string> NoConstants = new Dictionary<string, string>();

    /// <summary>1 to 64 letters, digits, <c>-</c>, <c>_</c> or <c>.</c>; rows are stored under the source <c>csv:NAME</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Column name by field; fields are those of <see cref="MappedFields"/>, and <c>tags.</c> with any name behind it.</summary>
    public required IReadOnlyDictionary<string, string> Columns { get; init; }

    /// <summary>Fixed text by field, for what the file does not tell, for instance the provider; such fields count as assumed.</summary>
    public IReadOnlyDictionary<string, string> Constants { get; init => field = value ?? NoConstants; } = NoConstants;

    /// <summary>Of all time columns. Default ISO 8601.</summary>
    public TimeUnit TimeUnit { get; init; }

    /// <summary>One ASCII character; default comma. A tab is written <c>\t</c> in JSON.</summary>
    public string Delimiter { get; init => field = value ?? DefaultDelimiter; } = DefaultDelimiter;

    /// <summary>Whether cached tokens come on top of the input column. Default false: it counts them too, as with most vendors.</summary>
    public bool InputExcludesCached { get; init; }

    /// <summary>Currency of the cost column, ISO 4217. Default USD.</summary>
    public string Currency { get; init => field = value ?? DefaultCurrency; } = DefaultCurrency;

    /// <summary>Reads the JSON form and checks it.</summary>
    /// <exception cref="UsageImportException">It is no such JSON, or <see cref="Problems"/> finds something.</exception>
    public static ColumnMapping Parse(string json)
    {
        ColumnMapping? mapping;
        try
        {
            mapping = JsonSerializer.Deserialize(json, ImportJson.Default.ColumnMapping);
        }
        catch (JsonException error)
        {
            throw new UsageImportException($"The column mapping is no valid JSON of its kind: {error.Message}", error);
        }

        if (mapping is null)
            throw new UsageImportException("The column mapping is null.");

        mapping.Check();
        return mapping;
    }

    public string ToJson() => JsonSerializer.Serialize(this, ImportJson.Default.ColumnMapping);

    /// <summary>What is wrong with the mapping, a sentence each; empty when it can be used.</summary>
    public IReadOnlyList<string> Problems() =>
    [
        .. NameProblems(),
        .. MappedFields.Required.Where(field => !Columns.ContainsKey(field))
            .Select(field => $"The field {field} needs a column."),
        .. Columns.Keys.Where(field => !MappedFields.Has(field)).Select(Unknown),
        .. Constants.Keys.Where(field => !MappedFields.TakesConstant(field))
            .Select(field => $"The field '{field}' takes no constant; these do: {string.Join(", ", MappedFields.Texts)}."),
        .. Constants.Keys.Where(Columns.ContainsKey).Select(field => $"The field {field} has both a column and a constant."),
        .. Columns.Where(column => column.Value.Length == 0).Select(column => $"The column of {column.Key} has no name."),
    ];

    internal void Check()
    {
        if (Problems() is { Count: > 0 } problems)
            throw new UsageImportException($"The column mapping '{Name}' cannot be used. {string.Join(" ", problems)}");
    }

    private static string Unknown(string field) =>
        $"'{field}' is no field; there are: {string.Join(", ", MappedFields.All)} and tags.NAME.";

    private IEnumerable<string> NameProblems()
    {
        if (Name.Length is 0 or > MaxNameLength || Name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && !"-_.".Contains(letter)))
            yield return $"The name must be 1 to {MaxNameLength} letters, digits, '-', '_' or '.'.";
        if (Delimiter.Length != 1 || Delimiter[0] is '"' or '\n' or '\r' or > '~')
            yield return $"The delimiter '{Delimiter}' must be one ASCII character other than a quote or a line break.";
        if (Currency.Length != 3 || !Currency.All(char.IsAsciiLetterUpper))
            yield return $"The currency '{Currency}' must be three capital letters.";
        if (Columns.Count + Constants.Count > MaxColumns)
            yield return $"It maps {Columns.Count + Constants.Count} fields; at most {MaxColumns} are allowed.";
    }
}
