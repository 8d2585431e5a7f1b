using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Apex.Usage.Demo;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

/// <summary>
/// Each analysis has its page, and what the page shows as output is what the tool answers today. An example to be held against the tool
/// stands in a block whose first line is <c>```json demo {arguments}</c>, over the whole demonstration organisation.
/// </summary>
public sealed partial class ToolPagesTests(ToolPagesTests.DemoLog demo) : IClassFixture<ToolPagesTests.DemoLog>
{
    private static readonly string Pages = Path.Combine(SourceFolder(), "docs", "analytics");

    public static TheoryData<string> Names => [.. UsageTools.All.Select(tool => tool.Name)];

    public static TheoryData<string> NamesWithOutput =>
        [.. UsageTools.All.Select(tool => tool.Name).Where(name => Example().IsMatch(File.ReadAllText(PageOf(name))))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_analysis_has_a_page_that_says_what_it_answers_how_an_example_pitfalls_and_its_source(string name)
    {
        var page = File.ReadAllText(PageOf(name));
        var index = File.ReadAllText(Path.Combine(SourceFolder(), "docs", "analytics.md"));

        Assert.StartsWith($"# {UsageTools.Find(name)!.Number} `{name}`", page, StringComparison.Ordinal);
        Assert.All(["**Answers**", "**Arguments**", "**Computes**", "**Pitfalls**", "**Source**"], part => Assert.Contains(part, page, StringComparison.Ordinal));
        Assert.Matches(@"\*\*(Over |Example)", page);
        Assert.Contains($"(analytics/{name}.md)", index, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_no_page_of_a_tool_that_is_not_there() =>
        Assert.Equal(UsageTools.All.Select(tool => tool.Name).Order(StringComparer.Ordinal), Directory.EnumerateFiles(Pages, "*.md").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(NamesWithOutput))]
    public async Task The_output_on_the_page_is_what_the_tool_answers_today(string name)
    {
        foreach (Match example in Example().Matches(File.ReadAllText(PageOf(name))))
        {
            var arguments = example.Groups["arguments"].Value.Trim();

            var answer = await demo.Log.RunAsync(name, arguments.Length == 0 ? "{}" : arguments);

            foreach (var shown in Values(example.Groups["output"].Value))
                Assert.True(Anywhere(answer.Result, shown), $"{name} {arguments} does not answer {shown} but {Short(answer.Result)}");
        }
    }

    /// <summary>One after the other: a page shows the parts of a result that matter.</summary>
    private static List<JsonElement> Values(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { AllowMultipleValues = true });
        var values = new List<JsonElement>();
        while (reader.Read())
            values.Add(JsonElement.ParseValue(ref reader));
        return values;
    }

    private static bool Anywhere(JsonElement whole, JsonElement part) => Holds(whole, part) || whole.ValueKind switch
    {
        JsonValueKind.Object => whole.EnumerateObject().Any(property => Anywhere(property.Value, part)),
        JsonValueKind.Array => whole.EnumerateArray().Any(item => Anywhere(item, part)),
        _ => false,
    };

    /// <summary>Pages show what matters of a result: every property shown is there, and every item shown is among the list's.</summary>
    private static bool Holds(JsonElement whole, JsonElement part) => (whole.ValueKind, part.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) => part.EnumerateObject().All(shown =>
            whole.TryGetProperty(shown.Name, out var value) && Holds(value, shown.Value)),
        (JsonValueKind.Array, JsonValueKind.Array) => part.EnumerateArray().All(shown => whole.EnumerateArray().Any(item => Holds(item, shown))),
        (JsonValueKind.Number, JsonValueKind.Number) => whole.GetDecimal() == part.GetDecimal(),
        _ => whole.ValueKind == part.ValueKind && whole.GetRawText() == part.GetRawText(),
    };

    private static string Short(JsonElement result)
    {
        var text = result.GetRawText();
        return text.Length <= 3_000 ? text : text[..3_000] + " …";
    }

    private static string PageOf(string name) => Path.Combine(Pages, name + ".md");

    private static string SourceFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Apex.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException("Apex.slnx is in no folder above the tests.");
    }

    [GeneratedRegex(@"^```json demo(?<arguments>.*)\n(?<output>[\s\S]*?)^```", RegexOptions.Multiline)]
    private static partial Regex Example();

    /// <summary>The demonstration organisation as `apex demo` loads it.</summary>
    public sealed class DemoLog : IAsyncLifetime
    {
        private ToolLog? _log;

        internal ToolLog Log => _log ?? throw new InvalidOperationException("The log is not open yet.");

        public async ValueTask InitializeAsync() => _log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions()));

        public ValueTask DisposeAsync() => Log.DisposeAsync();
    }
}
