using System.Xml.Linq;

namespace Apex.Architecture.Tests;

/// <summary>Which project may use which; the table of docs/architecture.md.</summary>
public sealed class ProjectArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Protocol"] = [],
        ["Usage"] = [],
        ["Agents"] = ["Protocol", "Usage"],
        ["Storage"] = ["Protocol"],
        ["Storage.Postgres"] = ["Storage", "Protocol"],
        ["Storage.Redis"] = ["Storage", "Protocol"],
        ["Usage.DuckDb"] = ["Usage"],
        ["Usage.ClickHouse"] = ["Usage"],
        ["Server"] =
        [
            "Protocol", "Usage", "Usage.DuckDb", "Usage.ClickHouse", "Agents", "Storage", "Storage.Postgres", "Storage.Redis",
        ],
        ["Client"] = ["Protocol"],
        ["Cli"] = ["Server", "Client"],
    };

    public static TheoryData<string> Projects() => [.. SourceTree.Files("src", ".csproj")];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_uses_only_what_stands_below_it(string project)
    {
        var name = project.Split('/')[1];

        Assert.True(Allowed.ContainsKey(name), $"{project} is not in the table of this test.");
        Assert.Equal($"src/{name}/Apex.{name}.csproj", project);
        Assert.Empty(References(project).Except(Allowed[name]));
    }

    [Fact]
    public void Every_project_is_in_the_solution_and_pins_its_packages()
    {
        var solution = SourceTree.Read("Apex.slnx");
        var projects = new[] { "src", "tests", "bench", "samples" }.SelectMany(folder => SourceTree.Files(folder, ".csproj")).ToArray();

        Assert.All(projects, project => Assert.Contains($"\"{project}\"", solution, StringComparison.Ordinal));
        Assert.All(projects, project => Assert.True(
            File.Exists(Path.Combine(SourceTree.Root, Path.GetDirectoryName(project)!, "packages.lock.json")), project));
    }

    [Fact]
    public void No_project_of_the_product_names_a_package_version_of_its_own()
    {
        var own = SourceTree.Files("", ".csproj").Where(project => XDocument.Parse(SourceTree.Read(project))
            .Descendants("PackageReference").Any(reference => reference.Attribute("Version") is not null));

        Assert.Empty(own);
    }

    private static IEnumerable<string> References(string project) => XDocument.Parse(SourceTree.Read(project))
        .Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
        .Select(name => name["Apex.".Length..]);
}
