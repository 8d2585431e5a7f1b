namespace Apex.Cli.Settings;

/// <summary>One thing an operator can set: by flag, by <c>APEX_…</c> variable, or in <c>apex.json</c>.</summary>
/// <param name="Name">As in <c>apex.json</c>, lower case with underscores; the flag has dashes, the variable capitals.</param>
/// <param name="Secret">Never printed.</param>
internal sealed record Setting(string Name, string? Default, string Meaning, bool Secret = false)
{
    public string Variable => "APEX_" + Name.ToUpperInvariant();

    public string Flag => "--" + Name.Replace('_', '-');
}

/// <param name="Source">Where the value came from, in words: a flag, a variable, a file, or the default.</param>
internal sealed record SettingValue(Setting Setting, string? Value, string Source);
