using System.Text;
using Apex.Usage.Events;
using Apex.Usage.Import.Formats.CodingAgents;
using Apex.Usage.Import.Formats.Focus;
using Apex.Usage.Import.Formats.Helicone;
using Apex.Usage.Import.Formats.Langfuse;
using Apex.Usage.Import.Formats.LiteLlm;
using Apex.Usage.Import.Formats.Mapped;
using Apex.Usage.Import.Formats.Otel;
using Apex.Usage.Import.Formats.Traces;
using Apex.Usage.Import.Formats.VendorReports;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats;

/// <summary>Chooses the format by what the file begins with, never by its name.</summary>
internal sealed class FormatDetector(TenantId tenant, ImportRequest request)
{
    private const int MaxShownCharacters = 120;

    /// <exception cref="UsageImportException">Nothing known; says what was seen and what is accepted.</exception>
    public IUsageFormat Choose(ReadOnlySpan<byte> sample)
    {
        if (request.Format is ImportFormats.Auto or ImportFormats.Otlp && Binary(sample) is { } binary)
            return binary;

        sample = sample.TrimStart(" \t\r\n"u8);
        if (sample.IsEmpty)
            throw new UsageImportException($"{request.FileName} is empty.");

        var isJson = sample[0] is (byte)'[' or (byte)'{';
        return request.Format switch
        {
            ImportFormats.Auto when request.Mapping is not null => Mapped(sample, isJson),
            ImportFormats.Auto => Detect(sample, isJson),
            ImportFormats.Csv => Mapped(sample, isJson),
            var name => Named(name, isJson ? JsonSample.ShapeOf(sample) : null) ?? throw new UsageImportException(
                $"'{name}' is no format; there are: {string.Join(", ", ImportFormats.Names)}."),
        };
    }

    private OtlpProtobufFormat? Binary(ReadOnlySpan<byte> sample)
    {
        if (OtlpSample.IsPrefixedAndCompressed(sample))
            throw new UsageImportException(
                $"{request.FileName} holds messages that the collector compressed with zstd one by one; write it without 'compression: zstd', "
                + "or as JSON, and pack the whole file with gzip if it should be small.");
        var isPrefixed = OtlpSample.IsPrefixed(sample);
        return isPrefixed || OtlpSample.IsProtobuf(sample) ? new OtlpProtobufFormat(Origin(ImportFormats.Otlp), isPrefixed) : null;
    }

    private IUsageFormat? Named(string name, JsonShape? shape) => name switch
    {
        ImportFormats.Aider => new AiderFormat(Origin(name)),
        ImportFormats.AnthropicUsage => new AnthropicUsageFormat(Origin(name), Json(shape)),
        ImportFormats.Azure => new AzureTraceFormat(Origin(name), request),
        ImportFormats.BurstGpt => new BurstGptFormat(Origin(name), request),
        ImportFormats.ClaudeCode => new ClaudeCodeFormat(Origin(name)),
        ImportFormats.Codex => new CodexFormat(Origin(name)),
        ImportFormats.Focus => new FocusFormat(Origin(name)),
        ImportFormats.Helicone => ByName(new HeliconeCalls(Origin(name)), shape),
        ImportFormats.Langfuse => ByName(new LangfuseCalls(Origin(name)), shape),
        ImportFormats.LiteLlm => ByName(new LiteLlmCall(Origin(name)), shape),
        ImportFormats.Mooncake => new MooncakeFormat(Origin(name), request),
        ImportFormats.OpenAiUsage => new OpenAiUsageFormat(Origin(name), Json(shape)),
        ImportFormats.OpenInference => new OpenInferenceFormat(Origin(name), Json(shape)),
        ImportFormats.Otlp => new OtlpJsonFormat(Origin(name), Json(shape)),
        ImportFormats.QwenBailian => new QwenBailianFormat(Origin(name), request, Json(shape)),
        _ => null,
    };

    private static IUsageFormat ByName(NamedCallReader reader, JsonShape? shape) =>
        shape is { } json ? new NamedJsonFormat(reader, json) : new NamedCsvFormat(reader);

    /// <summary>Text that is no JSON, under a format that is, has its lines rejected one by one.</summary>
    private static JsonShape Json(JsonShape? shape) => shape ?? JsonShape.Lines;

    private IUsageFormat Mapped(ReadOnlySpan<byte> sample, bool isJson)
    {
        if (request.Mapping is not { } mapping)
            throw new UsageImportException("The format csv needs a column mapping, which says which column holds what.");

        mapping.Check();
        var origin = Origin($"{ImportFormats.Csv}:{mapping.Name}");
        return isJson ? new MappedJsonFormat(origin, mapping, JsonSample.ShapeOf(sample)) : new MappedCsvFormat(origin, mapping);
    }

    private IUsageFormat Detect(ReadOnlySpan<byte> sample, bool isJson)
    {
        if (sample.Contains((byte)0) || sample.StartsWith("PAR1"u8) || sample.StartsWith("PK"u8))
            throw Unknown($"binary data that begins with {Convert.ToHexString(sample[..Math.Min(8, sample.Length)])}");

        return isJson ? DetectJson(sample) : DetectCsv(sample);
    }

    private IUsageFormat DetectJson(ReadOnlySpan<byte> sample)
    {
        var shape = JsonSample.ShapeOf(sample);
        foreach (var names in JsonSample.Objects(sample, shape))
        {
            if (JsonKinds.FormatOf(names) is { } format && (shape == JsonShape.Lines || !JsonKinds.IsLinesOnly(format)))
                return Named(format, shape) ?? throw new InvalidOperationException($"{format} is detected but cannot be read.");
        }

        var first = JsonSample.Objects(sample, shape).FirstOrDefault()?.Own ?? [];
        var seen = shape == JsonShape.Lines ? "JSON lines" : shape == JsonShape.Array ? "a JSON array" : "JSON";
        throw Unknown(first.Count == 0
            ? $"{seen} whose first object cannot be read: {Start(sample)}"
            : $"{seen} of objects with {string.Join(", ", first.Take(30))}");
    }

    private IUsageFormat DetectCsv(ReadOnlySpan<byte> sample)
    {
        var scanner = new CsvScanner();
        var end = scanner.Scan(sample);
        var header = CsvHeader.Read(scanner.Content(end < 0 ? sample : sample[..end]).ToArray(), (byte)',');
        ReadOnlySpan<(string Format, string[] Columns)> known =
        [
            (ImportFormats.Aider, AiderFormat.RequiredColumns), (ImportFormats.Azure, AzureTraceFormat.RequiredColumns),
            (ImportFormats.LiteLlm, LiteLlmCall.Columns), (ImportFormats.Langfuse, LangfuseCalls.ExportColumns),
            (ImportFormats.Helicone, HeliconeCalls.Columns), (ImportFormats.BurstGpt, BurstGptFormat.RequiredColumns),
            (ImportFormats.Focus, FocusFormat.RequiredColumns),
        ];
        foreach (var (format, columns) in known)
        {
            if (header.Has(columns))
                return Named(format, shape: null) ?? throw new InvalidOperationException($"{format} is detected but cannot be read.");
        }

        throw Unknown(header.Count == 1 ? $"text that begins with {Start(sample)}" : $"a table with the columns {header.Shown}");
    }

    private RowOrigin Origin(string source) => new(tenant, source);

    private UsageImportException Unknown(string seen) =>
        new($"{request.FileName} is no usage log that is known: it holds {seen}. {ImportFormats.Accepted}");

    private static string Start(ReadOnlySpan<byte> sample)
    {
        var text = Encoding.UTF8.GetString(sample[..Math.Min(sample.Length, 2 * MaxShownCharacters)]);
        return $"'{(text.Length <= MaxShownCharacters ? text : text[..MaxShownCharacters] + "…")}'";
    }
}
