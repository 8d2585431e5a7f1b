using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Testing;

namespace Apex.Server.Tests.Limits;

/// <summary>Tiers: a user sees what is left to him and which tier has more.</summary>
public sealed class OwnLimitsTests
{
    [Fact]
    public async Task A_user_sees_his_limits_what_is_left_of_them_and_which_tier_lifts_them()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await user.AskAsync((await user.NewThreadAsync()).Id, "What did we spend?");

        var own = await user.GetAsync("/api/me/limits", ApexJson.Default.OwnLimits);

        Assert.Equal(Tier.Free, own.Tier);
        var month = own.Limits.Single(limit => limit.Name == "messages_per_month");
        Assert.Equal((1_000, 999), (month.Most, month.Left));
        Assert.Equal(1, month.ResetsAt?.Day);
        Assert.Equal("The tier early has 10,000.", month.LiftedBy);
        Assert.Contains(own.Limits, limit => limit is { Name: "connections", Most: 5, Left: 5 });
        Assert.Contains(own.Limits, limit => limit is { Name: "tool_calls_per_run", Most: 100, Left: null });
        Assert.Contains(own.Budgets, budget => budget is { Of: "user", Limit: "usd_per_day", Most: 1, Left: 1 });
        Assert.Contains(own.Limits, limit => limit is { Name: "run_deadline_seconds", Most: 60, Left: null, LiftedBy: "The tier mid has 120." });
    }
}
