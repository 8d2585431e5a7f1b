using System.Text.RegularExpressions;

namespace Apex.Architecture.Tests;

/// <summary>What the house style forbids and no analyzer looks for.</summary>
public sealed partial class HouseStyleTests
{
    private const int WallLines = 500;

    private static readonly string[] Folders = ["src", "tests", "bench", "samples"];

    /// <summary>The JSON form of the wire is what everybody who uses the protocol needs, so it stands in the protocol's own namespace.</summary>
    private const string InTheProjectsOwn = "Json";

    /// <summary>Words that say nothing about what a thing is, so everything ends up there.</summary>
    private static readonly string[] DumpingWords =
        ["Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Manager", "Managers", "Common", "Base", "Processor", "Misc"];

    /// <summary>Words of the domain that only look so: the sub-agent's name on the wire is data_helper.</summary>
    private static readonly string[] NamesOfTheDomain = ["DataHelperAgent"];

    /// <summary>Kinds of types, which are no features.</summary>
    private static readonly string[] DumpingFolders = ["Services", "Models", "Interfaces", "Dtos", "Enums", "Extensions", "Shared"];

    private static IEnumerable<string> CSharp => Folders.SelectMany(folder => SourceTree.Files(folder, ".cs"));

    private static IEnumerable<string> Web => SourceTree.Files("web", ".ts", ".tsx", ".css", ".js", ".mjs");

    [Fact]
    public void No_file_is_longer_than_the_wall()
    {
        var tooLong = from file in CSharp.Concat(Web)
                      let lines = SourceTree.Lines(file).Length
                      where lines > WallLines
                      select $"{file}: {lines} lines";

        Assert.Empty(tooLong);
    }

    [Fact]
    public void No_file_or_folder_is_a_dumping_ground()
    {
        // A style sheet named base is what every page begins with, so the rule of names is for C#.
        var faults = from file in CSharp
                     let folders = file.Split('/')[..^1]
                     where folders.Any(folder => IsDumping(folder) || DumpingFolders.Contains(folder, StringComparer.OrdinalIgnoreCase))
                         || IsDumping(Path.GetFileName(file).Split('.')[0])
                     select file;

        Assert.Empty(faults);
    }

    [Fact]
    public void No_type_is_a_dumping_ground()
    {
        var faults = from file in CSharp
                     from Match match in TypeName().Matches(SourceTree.Read(file))
                     where IsDumping(match.Groups[1].Value)
                     select $"{file}: {match.Groups[1].Value}";

        Assert.Empty(faults);
    }

    [Fact]
    public void No_catch_is_empty()
    {
        var ours = CSharp.Where(file => !file.StartsWith("tests/Architecture.Tests/", StringComparison.Ordinal));
        var faults = ours.SelectMany(file => EmptyCatches.In(SourceTree.Read(file)).Select(line => $"{file}:{line}"));
        var webFaults = Web.SelectMany(file => EmptyCatches.In(SourceTree.Read(file), reasonSuffices: true).Select(line => $"{file}:{line}"));

        Assert.Empty(faults.Concat(webFaults));
    }

    [Fact]
    public void Namespaces_of_the_product_follow_their_folders()
    {
        var faults = from file in SourceTree.Files("src", ".cs")
                     let declared = Namespace().Match(SourceTree.Read(file)).Groups[1].Value
                     where declared.Length > 0
                     let expected = "Apex." + string.Join('.', file.Split('/')[1..^1].Where(folder => folder != InTheProjectsOwn))
                     where declared != expected
                     select $"{file}: {declared} instead of {expected}";

        Assert.Empty(faults);
    }

    [Fact]
    public void No_region_and_no_async_void()
    {
        var faults = from file in CSharp
                     from line in SourceTree.Lines(file)
                     where line.TrimStart().StartsWith("#region", StringComparison.Ordinal) || AsyncVoid().IsMatch(line)
                     select $"{file}: {line.Trim()}";

        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("try { A(); } catch { }", true)]
    [InlineData("try { A(); } catch (Exception e) when (e is (IOException or X))\n{\n    // never mind\n}", true)]
    [InlineData("try { a(); } catch (e) { /* never mind */ }", true)]
    [InlineData("try { A(); } catch (IOException) { return null; }", false)]
    [InlineData("try { A(); } catch (IOException) { B(\"}\"); }", false)]
    [InlineData("fetch(x).catch(() => {})", true)]
    [InlineData("fetch(x).catch((e) => tell(e))", false)]
    [InlineData("fetch(x).catch(() => undefined)", false)]
    [InlineData("A sentence about a catch of fish { }", false)]
    public void Empty_catch_is_found_in_every_shape(string source, bool isEmpty) =>
        Assert.Equal(isEmpty, EmptyCatches.In(source).Any());

    /// <summary>Words in a name begin with a capital letter, or are parted by a dash or a dot.</summary>
    private static bool IsDumping(string name) =>
        !NamesOfTheDomain.Contains(name) && Word().Matches(name).Any(word => DumpingWords.Contains(word.Value, StringComparer.OrdinalIgnoreCase));

    [GeneratedRegex(@"^\s*(?:\[[^\]]*\]\s*)*(?:(?:public|internal|private|protected|static|sealed|abstract|partial|readonly|file|ref)\s+)+(?:class|record\s+struct|record|struct|interface|enum)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeName();

    [GeneratedRegex("[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();

    [GeneratedRegex(@"^namespace\s+([\w.]+)\s*;", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\basync\s+void\b")]
    private static partial Regex AsyncVoid();
}
