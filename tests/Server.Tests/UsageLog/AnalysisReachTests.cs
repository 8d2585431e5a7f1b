using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Testing;
using Apex.Usage.Tools;

namespace Apex.Server.Tests.UsageLog;

/// <summary>
/// Each analysis of the catalogue can be had over HTTP, and through the list from which the page makes its forms and the command line its
/// options.
/// </summary>
public sealed class AnalysisReachTests
{
    /// <summary>What the page's form and the command line can ask for: type and, of a list, the type of its items.</summary>
    private static readonly string[] KnownShapes =
        ["oneOf", "array of object", "array of string", "array of number", "string", "integer", "number", "boolean"];

    [Fact]
    public async Task Every_analysis_is_in_the_list_answers_when_called_and_takes_arguments_that_a_form_can_ask_for()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var demo = await user.PostAsJsonAsync("/api/usage/demo", new DemoRequest(Days: 3), ApexJson.Default.DemoRequest).Within();
        await UsageApi.EndOfAsync(user, (await demo.ReadAsync(ApexJson.Default.JobReply)).JobId);

        var listed = (await user.GetAsync("/api/usage/tools", ApexJson.Default.ToolList)).Tools;

        Assert.Equal(UsageTools.All.Select(tool => $"{tool.Number} {tool.Name}"), listed.Select(tool => $"{tool.Number} {tool.Name}"));
        foreach (var tool in listed)
        {
            Assert.All(tool.ArgumentsSchema.GetProperty("properties").EnumerateObject(), argument => Assert.Contains(ShapeOf(argument.Value), KnownShapes));
            using var body = new StringContent("{}", Encoding.UTF8, "application/json");
            using var reply = await user.PostAsync($"/api/usage/tools/{tool.Name}", body).Within();
            var envelope = await reply.ReadAsync(ApexJson.Default.JsonElement);
            Assert.Equal(tool.Name, envelope.GetProperty("tool").GetString());
        }
    }

    private static string ShapeOf(JsonElement schema) =>
        schema.TryGetProperty("oneOf", out _) ? "oneOf"
        : schema.GetProperty("type").GetString() is "array" ? $"array of {schema.GetProperty("items").GetProperty("type").GetString()}"
        : schema.GetProperty("type").GetString()!;
}
