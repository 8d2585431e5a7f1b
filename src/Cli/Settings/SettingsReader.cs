using System.Globalization;
using System.Text.Json;

namespace Apex.Cli.Settings;

/// <summary>
/// Finds what is in force: flag before variable before <c>apex.json</c> (in the working folder, else in the data folder) before
/// default. Unknown names in the file are refused, so that a misspelt setting is not silently without effect.
/// </summary>
internal sealed class SettingsReader(
    IReadOnlyDictionary<string, string> flags, Func<string, string?> variable, string workingFolder)
{
    private const string FileName = "apex.json";

    /// <exception cref="UsageException">The file cannot be read or names an unknown setting.</exception>
    public SettingsInForce Read()
    {
        var data = Resolve(KnownSettings.Data, file: null);
        var candidates = new[] { Path.Combine(workingFolder, FileName), Path.Combine(data.Value!, FileName) };
        var path = candidates.FirstOrDefault(File.Exists);
        var file = path is null ? null : ReadFile(path);

        return new SettingsInForce(KnownSettings.All.ToDictionary(s => s.Name, s => Resolve(s, file)));
    }

    private SettingValue Resolve(Setting setting, SettingsFile? file)
    {
        if (flags.TryGetValue(setting.Name, out var flag))
            return new SettingValue(setting, flag, setting.Flag);
        if (variable(setting.Variable) is { Length: > 0 } value)
            return new SettingValue(setting, value, setting.Variable);
        if (file is not null && file.Values.TryGetValue(setting.Name, out var stored))
            return new SettingValue(setting, stored, file.Path);
        return new SettingValue(setting, setting.Default, "default");
    }

    private static SettingsFile ReadFile(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UsageException($"{path} must hold one JSON object.");

            var values = new Dictionary<string, string>();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (KnownSettings.All.All(s => s.Name != member.Name))
                {
                    throw new UsageException(
                        $"{path} sets '{member.Name}', which is not a setting; there are: {string.Join(", ", KnownSettings.All.Select(s => s.Name))}.");
                }

                values[member.Name] = member.Value.ValueKind == JsonValueKind.String
                    ? member.Value.GetString()!
                    : member.Value.GetRawText();
            }

            return new SettingsFile(path, values);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path} is not valid JSON: {e.Message}");
        }
    }

    private sealed record SettingsFile(string Path, IReadOnlyDictionary<string, string> Values);
}

/// <summary>The value of every known setting and where it came from.</summary>
internal sealed class SettingsInForce(IReadOnlyDictionary<string, SettingValue> values)
{
    public SettingValue this[Setting setting] => values[setting.Name];

    public string? Text(Setting setting) => values[setting.Name].Value;

    public string DataFolder => Path.GetFullPath(Text(KnownSettings.Data)!);

    public int Port => int.TryParse(Text(KnownSettings.Port), out var port) && port is >= 0 and <= 65535
        ? port
        : throw Bad(KnownSettings.Port, "a number from 0 to 65535");

    public TimeSpan KeepResults => int.TryParse(Text(KnownSettings.KeepResultsDays), out var days) && days is >= 1 and <= 3650
        ? TimeSpan.FromDays(days)
        : throw Bad(KnownSettings.KeepResultsDays, "a number of days from 1 to 3650");

    public double QualityShare =>
        double.TryParse(Text(KnownSettings.QualityShare), NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1
            ? share
            : throw Bad(KnownSettings.QualityShare, "a number from 0 to 1");

    public bool Flag(Setting setting) => Text(setting) switch
    {
        "true" or "1" or "yes" => true,
        "false" or "0" or "no" or null => false,
        _ => throw Bad(setting, "true or false"),
    };

    public TEnum Choice<TEnum>(Setting setting)
        where TEnum : struct, Enum
    {
        var text = Text(setting)!.Replace("_", "", StringComparison.Ordinal);
        return Enum.TryParse<TEnum>(text, ignoreCase: true, out var value) && !char.IsDigit(text[0])
            ? value
            : throw Bad(setting, setting.Meaning);
    }

    public UsageException Bad(Setting setting, string allowed)
    {
        var value = values[setting.Name];
        return new UsageException($"{setting.Name} is '{value.Value}' (from {value.Source}) but must be {allowed}.");
    }
}
