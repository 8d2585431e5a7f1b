using System.Globalization;
using System.Text.Json;

namespace Apex.Usage.Prices;

/// <summary>Reads LiteLLM's price map: one object, a property per model key, prices in US dollars per token.</summary>
internal static class LiteLlmPriceMap
{
    private static readonly HashSet<string> NoModels = new(StringComparer.Ordinal) { "sample_spec", "last_updated" };

    private static readonly (string Name, string Ability)[] AbilityFields =
    [
        ("supports_function_calling", ModelAbilities.Tools), ("supports_vision", ModelAbilities.Vision),
        ("supports_audio_input", ModelAbilities.Audio), ("supports_response_schema", ModelAbilities.Schema),
        ("supports_reasoning", ModelAbilities.Reasoning),
    ];

    public static PriceImport Read(ReadOnlyMemory<byte> json, string fileName, DateTimeOffset? effectiveFrom)
    {
        var from = effectiveFrom ?? throw new PriceImportException(
            $"From when do the prices of {fileName} hold? Give the date, or put it into the file name as 2026-07-24.");
        var rows = new List<PriceRow>();
        var rejections = new PriceRejections();
        var skipped = 0;
        try
        {
            foreach (var (line, model, value) in Entries(json))
            {
                if (NoModels.Contains(model))
                    continue;
                var row = Row(line, model, value, from, fileName, rejections, out var hasPrices);
                if (row is not null)
                    rows.Add(row);
                else if (!hasPrices)
                    skipped++;
            }
        }
        catch (JsonException broken)
        {
            throw new PriceImportException($"{fileName} is no JSON price map: {broken.Message}");
        }

        var models = rows.Select(row => row.Model).Distinct(StringComparer.Ordinal).Count();
        return new PriceImport("litellm_map", rows, models, skipped, rejections.Count, rejections.All);
    }

    private static List<(long Line, string Model, JsonElement Value)> Entries(ReadOnlyMemory<byte> json)
    {
        var entries = new List<(long, string, JsonElement)>();
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = 32 });
        long line = 1;
        long counted = 0;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            line += json.Span[(int)counted..(int)reader.TokenStartIndex].Count((byte)'\n');
            counted = reader.TokenStartIndex;
            var model = reader.GetString() ?? "";
            reader.Read();
            entries.Add((line, model, JsonElement.ParseValue(ref reader)));
        }

        return entries;
    }

    private static PriceRow? Row(
        long line, string model, JsonElement entry, DateTimeOffset from, string fileName, PriceRejections rejections, out bool hasPrices)
    {
        hasPrices = true;
        if (entry.ValueKind != JsonValueKind.Object || model.Length == 0)
        {
            rejections.Add(line, model, model.Length == 0 ? "model" : "", entry.GetRawText(), "an object by model name is expected");
            return null;
        }

        var prices = new Dictionary<PriceField, decimal>();
        foreach (var property in entry.EnumerateObject())
            if (!TryRead(property.Name, property.Value, prices, out var reason))
            {
                rejections.Add(line, model, property.Name, property.Value.GetRawText(), reason);
                return null;
            }

        AddRanges(entry, prices);
        hasPrices = prices.Count > 0;
        return prices.Count == 0 ? null : new PriceRow
        {
            Model = model,
            Provider = Text(entry, "litellm_provider"),
            EffectiveFrom = from,
            Prices = prices,
            MaxInputTokens = Whole(entry, "max_input_tokens"),
            MaxOutputTokens = Whole(entry, "max_output_tokens"),
            DeprecatedOn = Text(entry, "deprecation_date") is { } day
                && DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null,
            Abilities = Abilities(entry),
            Source = fileName,
        };
    }

    private static bool TryRead(string name, JsonElement value, Dictionary<PriceField, decimal> prices, out string reason)
    {
        reason = "";
        // DeepSeek's older name of the cache read price.
        var isOldName = name == "input_cost_per_token_cache_hit";
        if (!PriceField.TryParse(isOldName ? "cache_read_input_token_cost" : name, out var field) || value.ValueKind == JsonValueKind.Null)
            return true;
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : value.GetRawText();
        if (!PriceRejections.TryParse(field, text, out var price, out reason))
            return false;
        if (!isOldName || !prices.ContainsKey(field))
            prices[field] = price;
        return true;
    }

    /// <summary>Some vendors' tiers come as ranges of input size: the first is the plain price, the others long-context tiers.</summary>
    private static void AddRanges(JsonElement entry, Dictionary<PriceField, decimal> prices)
    {
        if (!entry.TryGetProperty("tiered_pricing", out var tiers) || tiers.ValueKind != JsonValueKind.Array)
            return;
        foreach (var tier in tiers.EnumerateArray())
        {
            if (tier.ValueKind != JsonValueKind.Object || !tier.TryGetProperty("range", out var range)
                || range.ValueKind != JsonValueKind.Array || range.GetArrayLength() != 2 || !range[0].TryGetDouble(out var above))
                continue;
            foreach (var property in tier.EnumerateObject())
                if (PriceField.TryParse(property.Name, out var field)
                    && PriceRejections.TryParse(field, property.Value.GetRawText(), out var price, out _))
                    prices.TryAdd(field with { AboveTokens = (int)(above / 1000) * 1000 }, price);
        }
    }

    /// <summary>Null where the map says of no ability whether the model has it.</summary>
    private static List<string>? Abilities(JsonElement entry)
    {
        var told = AbilityFields.Where(field => entry.TryGetProperty(field.Name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False).ToList();
        return told.Count == 0 ? null : told.Where(field => entry.GetProperty(field.Name).GetBoolean()).Select(field => field.Ability).ToList();
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Whole(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
        && number is > 0 and <= int.MaxValue ? (int)number : null;
}
