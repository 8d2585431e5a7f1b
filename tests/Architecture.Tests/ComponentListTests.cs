using System.Text.RegularExpressions;

namespace Apex.Architecture.Tests;

/// <summary>docs/components.md says which tests prove which part: a reader who looks for one finds it.</summary>
public sealed partial class ComponentListTests
{
    private const string List = "docs/components.md";

    [Fact]
    public void Every_test_class_that_the_list_of_components_names_is_there()
    {
        var files = SourceTree.Files("tests", ".cs").Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet(StringComparer.Ordinal);

        var named = TestClass().Matches(SourceTree.Read(List)).Select(match => match.Groups["name"].Value).Distinct().ToList();

        Assert.DoesNotContain(named, name => !files.Contains(name));
        Assert.InRange(named.Count, 50, int.MaxValue);
    }

    [Fact]
    public void Every_folder_that_the_list_of_components_names_is_there() => Assert.DoesNotContain(
        Place().Matches(SourceTree.Read(List)).Select(match => match.Groups["place"].Value),
        place => !Directory.Exists(Path.Combine(SourceTree.Root, "src", place)) && !File.Exists(Path.Combine(SourceTree.Root, "src", place + ".cs")));

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z]*Tests)`")]
    private static partial Regex TestClass();

    [GeneratedRegex("`(?<place>(?:Agents|Client|Protocol|Server|Storage)/[A-Za-z/]+)`")]
    private static partial Regex Place();
}
