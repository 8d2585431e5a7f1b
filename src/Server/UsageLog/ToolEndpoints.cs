using System.Text.Json;
using Apex.Agents.Tools;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Apex.Server.UsageLog;

/// <summary>The analyses over HTTP: the same tools the agents call, with the same envelopes.</summary>
internal sealed class ToolEndpoints(IUsageLog log, IPriceBooks prices, IOptions<UsageLogOptions> options, TimeProvider clock)
{
    private static readonly JsonElement NoArguments = JsonDocument.Parse("{}").RootElement;

    public static IResult List() => Results.Json(
        new ToolList([.. UsageTools.All.Select(tool => new ToolView(tool.Name, tool.Number, tool.Purpose, tool.ArgumentsSchema))]),
        ApexJson.Default.ToolList);

    public async Task<IResult> CallAsync(string name, HttpContext http)
    {
        if (UsageTools.Find(name) is not { } tool)
        {
            return Problems.From(new Refusal(
                ErrorCode.NotFound, $"There is no such tool; there are {string.Join(", ", UsageTools.All.Select(known => known.Name))}."));
        }

        var (arguments, malformed) = await ReadArgumentsAsync(http);
        if (malformed is not null)
            return malformed;

        var organisation = http.GetPrincipal().OrganisationId;
        using var deadline = new CancellationTokenSource(options.Value.AnalysisTimeout, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, deadline.Token);
        try
        {
            var book = await prices.GetAsync(organisation, ending.Token);
            var request = new ToolRequest(new TenantId(organisation), arguments, log, book, clock.GetUtcNow());
            var envelope = await tool.RunAsync(request, ending.Token);
            return Results.Json(envelope, UsageJson.Default.ResultEnvelope);
        }
        catch (ToolArgumentException wrong)
        {
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, wrong.Message), wrong.Argument);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return Problems.From(new Refusal(
                ErrorCode.DeadlineExceeded, $"The analysis took longer than {options.Value.AnalysisTimeout.TotalSeconds:0.#} s; narrow its window."));
        }
    }

    private static async Task<(JsonElement Arguments, IResult? Malformed)> ReadArgumentsAsync(HttpContext http)
    {
        if (http.Request.ContentLength is 0 || (http.Request.ContentLength is null && !http.Request.HasJsonContentType()))
            return (NoArguments, null);
        try
        {
            var body = await JsonSerializer.DeserializeAsync(http.Request.Body, ApexJson.Default.JsonElement, http.RequestAborted);
            return body.ValueKind == JsonValueKind.Object
                ? (body, null)
                : (body, Problems.From(new Refusal(ErrorCode.InvalidArguments, "The body must be a JSON object of arguments.")));
        }
        catch (JsonException)
        {
            return (NoArguments, Problems.From(new Refusal(ErrorCode.InvalidJson, "The body is no valid JSON.")));
        }
    }
}
