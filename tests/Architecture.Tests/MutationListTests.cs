using System.Text.Json;

namespace Apex.Architecture.Tests;

/// <summary>The guards of tests/mutations.json stand where the list says, so that taking them away takes something away.</summary>
public sealed class MutationListTests
{
    private static readonly string[] Fields = ["guard", "file", "find", "replace", "project", "class"];

    [Fact]
    public void Every_guard_of_the_list_stands_once_in_its_file()
    {
        using var list = JsonDocument.Parse(SourceTree.Read("tests/mutations.json"));
        var guards = list.RootElement.EnumerateArray().Select(guard => Fields.ToDictionary(field => field, field => guard.GetProperty(field).GetString()!)).ToList();

        var astray = guards.Where(guard => SourceTree.Read(guard["file"]).Split(guard["find"]).Length != 2).Select(guard => guard["guard"]);

        Assert.Empty(astray);
        Assert.InRange(guards.Count, 20, int.MaxValue);
    }

    [Fact]
    public void Every_guard_of_the_list_has_a_test_class_that_is_there()
    {
        using var list = JsonDocument.Parse(SourceTree.Read("tests/mutations.json"));
        foreach (var guard in list.RootElement.EnumerateArray().Where(guard => guard.GetProperty("project").GetString() != "Web"))
        {
            var (project, name) = (guard.GetProperty("project").GetString()!, guard.GetProperty("class").GetString()!);
            Assert.Contains(SourceTree.Files($"tests/{project}.Tests", ".cs"), file => file.EndsWith($"/{name}.cs", StringComparison.Ordinal));
        }
    }
}
