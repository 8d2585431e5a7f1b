using Apex.Agents.Tests.House;
using Apex.Agents.Tools;

namespace Apex.Agents.Tests.Tools;

public sealed class ArgumentCheckTests
{
    private const string Schema =
        """
        {"type":"object","required":["model"],"additionalProperties":false,"properties":{
          "model":{"type":"string","minLength":1,"maxLength":10},
          "limit":{"type":"integer","minimum":1,"maximum":50},
          "share":{"type":["number","null"],"minimum":0},
          "order":{"enum":["cost","time"]},
          "flag":{"type":"boolean"},
          "filters":{"type":"array","maxItems":2,"items":{"type":"object","required":["dimension"]}}}}
        """;

    [Theory]
    [InlineData("""{"model":"o3"}""")]
    [InlineData("""{"model":"o3","limit":50,"share":null,"order":"time","flag":true,"filters":[{"dimension":"model"}]}""")]
    [InlineData("""{"model":"o3","limit":5.0}""")]
    public void Arguments_by_the_schema_pass(string arguments) =>
        Assert.Null(ArgumentCheck.FirstFault(Json.Of(arguments), Json.Of(Schema)));

    [Theory]
    [InlineData("[]", "arguments must be object, not [].")]
    [InlineData("{}", "arguments.model is missing.")]
    [InlineData("""{"model":3}""", "arguments.model must be string, not 3.")]
    [InlineData("""{"model":""}""", "the length of arguments.model is 0; the least allowed is 1.")]
    [InlineData("""{"model":"o3","limit":51}""", "arguments.limit is 51; the most allowed is 50.")]
    [InlineData("""{"model":"o3","limit":1.5}""", "arguments.limit must be integer, not 1.5.")]
    [InlineData("""{"model":"o3","share":-1}""", "arguments.share is -1; the least allowed is 0.")]
    [InlineData("""{"model":"o3","order":"luck"}""", "arguments.order is \"luck\"; allowed are cost, time.")]
    [InlineData("""{"model":"o3","colour":1}""", "arguments.colour is unknown; allowed are model, limit, share, order, flag, filters.")]
    [InlineData("""{"model":"o3","filters":[{},{},{}]}""", "the number of arguments.filters is 3; the most allowed is 2.")]
    [InlineData("""{"model":"o3","filters":[{}]}""", "arguments.filters[0].dimension is missing.")]
    public void A_fault_names_the_argument_its_value_and_what_is_allowed(string arguments, string fault) =>
        Assert.Equal(fault, ArgumentCheck.FirstFault(Json.Of(arguments), Json.Of(Schema)));
}
