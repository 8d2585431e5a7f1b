using System.Text;
using System.Text.Json;
using Apex.Usage.Events;
using Apex.Usage.Import.Formats.LiteLlm;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats;

/// <summary>Chooses the format by what the file begins with, never by its name.</summary>
internal sealed class FormatDetector(TenantId tenant, ImportRequest request)
{
    private const int MaxShownCharacters = 120;

    private static readonly string[] LiteLlmNames = ["startTime", "model", "prompt_tokens"];

    /// <exception cref="UsageImportException">Nothing known; says what was seen and what is accepted.</exception>
    public IUsageFormat Choose(ReadOnlySpan<byte> sample)
    {
        sample = sample.TrimStart(" \t\r\n"u8);
        if (sample.IsEmpty)
            throw new UsageImportException($"{request.FileName} is empty.");

        return request.Format switch
        {
            ImportFormats.Auto when request.Mapping is not null => Mapped(),
            ImportFormats.Auto => Detect(sample),
            ImportFormats.Aider => new AiderFormat(Origin(ImportFormats.Aider)),
            ImportFormats.Azure => new AzureTraceFormat(Origin(ImportFormats.Azure), request),
            ImportFormats.Mooncake => new MooncakeFormat(Origin(ImportFormats.Mooncake), request),
            ImportFormats.LiteLlm => sample[0] is (byte)'[' or (byte)'{'
                ? new LiteLlmJsonFormat(Origin(ImportFormats.LiteLlm), isArray: sample[0] == (byte)'[')
                : new LiteLlmCsvFormat(Origin(ImportFormats.LiteLlm)),
            ImportFormats.Csv => Mapped(),
            var other => throw new UsageImportException(
                $"'{other}' is no format; there are: {string.Join(", ", ImportFormats.Names)}."),
        };
    }

    private MappedCsvFormat Mapped()
    {
        if (request.Mapping is not { } mapping)
            throw new UsageImportException("The format csv needs a column mapping, which says which column holds what.");

        mapping.Check();
        return new MappedCsvFormat(Origin($"{ImportFormats.Csv}:{mapping.Name}"), mapping);
    }

    private IUsageFormat Detect(ReadOnlySpan<byte> sample)
    {
        if (sample.Contains((byte)0) || sample.StartsWith("PAR1"u8) || sample.StartsWith("PK"u8))
            throw Unknown($"binary data that begins with {Convert.ToHexString(sample[..Math.Min(8, sample.Length)])}");

        return sample[0] switch
        {
            (byte)'[' => DetectJson(sample, new JsonArrayScanner()),
            (byte)'{' => DetectJson(sample, new LineScanner()),
            _ => DetectCsv(sample),
        };
    }

    private IUsageFormat DetectJson(ReadOnlySpan<byte> sample, RecordScanner scanner)
    {
        var names = PropertyNames(First(sample, scanner));
        if (names.Contains("hash_ids") && names.Contains("input_length") && scanner is LineScanner)
            return new MooncakeFormat(Origin(ImportFormats.Mooncake), request);
        if (LiteLlmNames.All(names.Contains) || (names.Contains("startTime") && names.Contains("metadata")))
            return new LiteLlmJsonFormat(Origin(ImportFormats.LiteLlm), isArray: scanner is JsonArrayScanner);

        var shape = scanner is JsonArrayScanner ? "a JSON array" : "JSON lines";
        throw Unknown(names.Count == 0
            ? $"{shape} whose first object cannot be read: {Start(sample)}"
            : $"{shape} of objects with {string.Join(", ", names.Take(30))}");
    }

    private IUsageFormat DetectCsv(ReadOnlySpan<byte> sample)
    {
        var header = CsvHeader.Read(First(sample, new CsvScanner()).ToArray(), (byte)',');
        if (header.Has(AiderFormat.RequiredColumns))
            return new AiderFormat(Origin(ImportFormats.Aider));
        if (header.Has(AzureTraceFormat.RequiredColumns))
            return new AzureTraceFormat(Origin(ImportFormats.Azure), request);
        if (header.Has(LiteLlmCsvFormat.RequiredColumns))
            return new LiteLlmCsvFormat(Origin(ImportFormats.LiteLlm));

        throw Unknown(header.Count == 1 ? $"text that begins with {Start(sample)}" : $"a table with the columns {header.Shown}");
    }

    private RowOrigin Origin(string source) => new(tenant, source);

    private UsageImportException Unknown(string seen) =>
        new($"{request.FileName} is no usage log that is known: it holds {seen}. {ImportFormats.Accepted}");

    private static ReadOnlySpan<byte> First(ReadOnlySpan<byte> sample, RecordScanner scanner)
    {
        var end = scanner.Scan(sample);
        return scanner.Content(end < 0 ? sample : sample[..end]);
    }

    private static string Start(ReadOnlySpan<byte> sample)
    {
        var text = Encoding.UTF8.GetString(sample[..Math.Min(sample.Length, 2 * MaxShownCharacters)]);
        return $"'{(text.Length <= MaxShownCharacters ? text : text[..MaxShownCharacters] + "…")}'";
    }

    /// <summary>Names of the object's own properties; those read before the first error count, since a sample may be cut.</summary>
    private static List<string> PropertyNames(ReadOnlySpan<byte> value)
    {
        var names = new List<string>();
        var json = new Utf8JsonReader(value, isFinalBlock: false, state: default);
        try
        {
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.PropertyName && json.CurrentDepth == 1)
                    names.Add(json.GetString() ?? "");
            }
        }
        catch (JsonException)
        {
            names.RemoveAll(name => name.Length == 0);
        }

        return names;
    }
}
