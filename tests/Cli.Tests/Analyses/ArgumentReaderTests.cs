using System.Text.Json;
using Apex.Cli.Analyses;

namespace Apex.Cli.Tests.Analyses;

public sealed class ArgumentReaderTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse(
        """
        {"type":"object","properties":{
          "window":{"oneOf":[{"type":"string"},{"type":"object"}]},
          "filters":{"type":"array","items":{"type":"object"}},
          "group_by":{"type":"array","items":{"type":"string","enum":["model","month"]}},
          "capacities":{"type":"array","items":{"type":"number"}},
          "order_by":{"type":"string","enum":["cost","time"]},
          "limit":{"type":"integer"},"threshold":{"type":"number"},"strict":{"type":"boolean"}}}
        """).RootElement;

    [Theory]
    [InlineData("--group-by model,month --limit 10", """{"group_by":["model","month"],"limit":10}""")]
    [InlineData("--group_by model --group-by month", """{"group_by":["model","month"]}""")]
    [InlineData("--order-by=time --threshold 2.5 --strict", """{"order_by":"time","threshold":2.5,"strict":true}""")]
    [InlineData("--window last_30_days", """{"window":"last_30_days"}""")]
    [InlineData("--window 2025-01-01..2025-02-01", """{"window":{"from":"2025-01-01T00:00:00Z","to":"2025-02-01T00:00:00Z"}}""")]
    [InlineData("--capacities 1,2.5", """{"capacities":[1,2.5]}""")]
    [InlineData("--filter model=a", """{"filters":[{"dimension":"model","operator":"equal","values":["a"]}]}""")]
    [InlineData("--filter model=a,b --filter user!=u", """{"filters":[{"dimension":"model","operator":"in","values":["a","b"]},{"dimension":"user","operator":"not_equal","values":["u"]}]}""")]
    [InlineData("--filter model~gpt --filter feature --filter team=", """{"filters":[{"dimension":"model","operator":"contains","values":["gpt"]},{"dimension":"feature","operator":"is_present","values":[]},{"dimension":"team","operator":"is_missing","values":[]}]}""")]
    public void Words_become_the_arguments_their_schema_describes(string words, string expected) =>
        Assert.Equal(expected, ArgumentReader.Read("a_tool", Schema, words.Split(' ')).GetRawText());

    [Theory]
    [InlineData("--colour red", "--group-by")]
    [InlineData("--limit many", "many")]
    [InlineData("--limit", "--limit")]
    [InlineData("--strict perhaps", "perhaps")]
    [InlineData("stray", "stray")]
    [InlineData("--filters [", "filters")]
    [InlineData("--limit 1 --limit 2", "twice")]
    public void What_cannot_be_an_argument_is_refused_by_name(string words, string told) =>
        Assert.Contains(told, Assert.Throws<UsageException>(() => ArgumentReader.Read("a_tool", Schema, words.Split(' '))).Message);
}
