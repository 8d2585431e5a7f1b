using System.Text.RegularExpressions;

namespace Apex.Architecture.Tests;

/// <summary>A message that names a setting sends its reader to it: each must be one that can be set, and that operations.md tells of.</summary>
public sealed partial class NamedSettingTests
{
    private const string Operations = "docs/operations.md";

    /// <summary>Where settings of each section are read.</summary>
    private static readonly Dictionary<string, string> Readers = new(StringComparer.Ordinal)
    {
        ["Agents"] = "src/Cli/Settings/AgentSetting.cs",
        ["Tiers"] = "src/Cli/Settings/TierSetting.cs",
    };

    private static IEnumerable<(string File, string Text)> Messages =>
        from file in SourceTree.Files("src", ".cs")
        from line in SourceTree.Lines(file)
        where !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
        from Match literal in Literal().Matches(line)
        select (file, literal.Value);

    [Fact]
    public void A_setting_that_a_message_names_by_its_section_can_be_set_and_is_documented()
    {
        var named = Messages
            .SelectMany(message => Sectioned().Matches(message.Text).Select(match => (message.File, Section: match.Groups[1].Value, Name: match.Groups[2].Value)))
            .ToArray();

        var faults = named.Where(one =>
            !Readers.TryGetValue(one.Section, out var reader)
            || !Regex.IsMatch(SourceTree.Read(reader), $@"nameof\(\w+\.{one.Name}\)")
            || !SourceTree.Read(Operations).Contains($"`{one.Name}`", StringComparison.Ordinal));
        Assert.Contains(named, one => one is { Section: "Agents" });
        Assert.Contains(named, one => one is { Section: "Tiers" });
        Assert.Empty(faults);
    }

    [Fact]
    public void A_setting_that_a_message_names_by_its_own_name_is_known_and_documented()
    {
        var named = Messages.SelectMany(message => Single().Matches(message.Text).Select(match => (message.File, Name: match.Groups[1].Value))).ToArray();
        var known = string.Concat(SourceTree.Files("src/Cli/Settings", ".cs").Select(SourceTree.Read));

        var faults = named.Where(one =>
            !known.Contains($"\"{one.Name}\"", StringComparison.Ordinal)
            || !SourceTree.Read(Operations).Contains($"`{one.Name}`", StringComparison.Ordinal));
        Assert.NotEmpty(named);
        Assert.Empty(faults);
    }

    [Fact]
    public void Every_limit_of_a_tier_stands_in_the_operators_table()
    {
        var names = Regex.Matches(SourceTree.Read("src/Cli/Settings/TierSetting.cs"), @"nameof\(\w+\.(\w+)\)").Select(match => match.Groups[1].Value).Distinct();

        Assert.All(names, name => Assert.Contains($"`{name}`", SourceTree.Read(Operations), StringComparison.Ordinal));
    }

    [GeneratedRegex("""\$?"(?:[^"\\]|\\.)*"?""")]
    private static partial Regex Literal();

    /// <summary>As <c>Agents:StallAfter</c> or <c>Tiers:{tier}:RunDeadline</c>.</summary>
    [GeneratedRegex(@"\b([A-Z][a-z]+)(?::\{[^}]*\})?:([A-Z][A-Za-z]+)\b")]
    private static partial Regex Sectioned();

    [GeneratedRegex(@"\(setting ([a-z]+(?:_[a-z]+)*)[,)]")]
    private static partial Regex Single();
}
