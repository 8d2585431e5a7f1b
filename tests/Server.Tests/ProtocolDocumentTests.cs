using System.Globalization;
using System.Text.RegularExpressions;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Connections.Framing;
using Apex.Server.Limits;
using Apex.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests;

/// <summary>Holds docs/protocol.md against the server: statuses, close codes, limits and routes. Frames and events are held elsewhere.</summary>
public sealed partial class ProtocolDocumentTests
{
    /// <summary>Routes for test clients, for the page and by old names, which the protocol does not promise.</summary>
    private static readonly string[] NotPromised =
        ["/ws", "/auth/e2e", "/auth/dev", "/auth/local", "/auth/health", "/auth/oauth/{provider}", "/api/threads/create", "/validate", "/openapi"];

    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(ProjectRoot(), "docs", "protocol.md"));
    private static readonly string Text = string.Join('\n', Lines);

    [Fact]
    public void Every_error_code_stands_there_with_its_status() =>
        Assert.All(Enum.GetValues<ErrorCode>(), code =>
        {
            var name = System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString());
            Assert.Contains($"| `{name}` | {Problems.StatusOf(code)} |", Text);
        });

    [Fact]
    public void Every_close_code_stands_there()
    {
        var sentence = Text[Text.IndexOf("Close codes:", StringComparison.Ordinal)..];
        var named = CloseCodeNumber().Matches(sentence).Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture)).Distinct();

        // These two say that there was none on the wire.
        var used = Enum.GetValues<CloseCode>().Except([CloseCode.NoStatus, CloseCode.Vanished]).Select(code => (int)code);
        Assert.Equal(used.Order(), named.Order());
    }

    [Fact]
    public void The_limits_of_every_tier_stand_there()
    {
        var table = new TierTable(ApexTestServer.OptionsFor("unused"));
        var tiers = Enum.GetValues<Tier>().Select(table.For).ToList();

        AssertRow("messages per minute", tiers, tier => tier.MessagesPerMinute);
        AssertRow("messages at once", tiers, tier => tier.MessageBurst);
        AssertRow("connections per user", tiers, tier => tier.Connections);
        AssertRow("runs at once", tiers, tier => tier.RunsAtOnce);
        AssertRow("runs queued", tiers, tier => tier.RunsQueued);
        AssertRow("run deadline, seconds", tiers, tier => (long)tier.RunDeadline.TotalSeconds);
        AssertRow("messages a month", tiers, tier => tier.MessagesPerMonth);
        AssertRow("event retention, days", tiers, tier => (long)tier.EventRetention.TotalDays);
        AssertRow("tool calls per run", tiers, tier => tier.ToolCallsPerRun);
        AssertRow("results kept per run, MiB", tiers, tier => tier.ResultMiBPerRun);
        AssertRow("tokens of models per run", tiers, tier => tier.TokensPerRun);
        AssertRow("budget: US dollars a day", tiers, tier => (long?)tier.Budget.UsdPerDay);
        AssertRow("budget: US dollars a month", tiers, tier => (long?)tier.Budget.UsdPerMonth);
        AssertRow("budget: tokens a day", tiers, tier => tier.Budget.TokensPerDay);
        AssertRow("budget: tokens a month", tiers, tier => tier.Budget.TokensPerMonth);
    }

    [Fact]
    public void The_limits_of_a_connection_stand_there()
    {
        var limits = new ConnectionsOptions();

        Assert.Contains($"| {limits.MaxFrameBytes:N0} bytes | close 1009 |", Text);
        Assert.Contains($"| {limits.InboundBudgetBytes:N0} bytes | waits up to {limits.InboundPatience.TotalSeconds} s", Text);
        Assert.Contains($"| {limits.MessageTimeout.TotalSeconds} s | close 1008 |", Text);
        Assert.Contains($"| {limits.FramesPerSecond} | close 4429 |", Text);
        Assert.Contains($"| {limits.PingInterval.TotalSeconds} s | close 1008 |", Text);
        Assert.Contains($"| {limits.MaxLagEvents:N0} events or {limits.MaxLagBytes:N0} bytes | close 4408", Text);
        Assert.Contains($"told {limits.AuthWarning.TotalSeconds} s before", Text);
        Assert.Contains($"`resume` within {limits.ResumeTimeout.TotalSeconds} s", Text);
        Assert.Contains($"a close within {limits.CloseGrace.TotalSeconds} s", Text);
    }

    [Fact]
    public async Task Every_route_stands_there_and_every_route_there_is_served()
    {
        await using var server = await ApexTestServer.StartAsync();
        var served = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.Trim('/'))
            .Where(route => !route.Contains("{*", StringComparison.Ordinal) && !NotPromised.Any(route.Contains))
            .ToHashSet();

        var described = Lines.SkipWhile(line => line != "## HTTP").Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(line => Route().Matches(line.Split('|')[1])).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Equal(served.Order(), described.Order());
    }

    private static void AssertRow(string name, List<TierLimits> tiers, Func<TierLimits, long?> limit) =>
        Assert.Contains($"| {name} | {string.Join(" | ", tiers.Select(tier => limit(tier)?.ToString("N0", CultureInfo.InvariantCulture) ?? "–"))} |", Text);

    private static string ProjectRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Apex.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex(@"\b[14]\d{3}\b(?=\s)")]
    private static partial Regex CloseCodeNumber();

    [GeneratedRegex("`(/[^`]*)`")]
    private static partial Regex Route();
}
