using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>
/// User execution context: immutable; user, organisation, thread, run, request, tier, deadline, trace; child contexts; nothing global.
/// </summary>
public sealed class UserExecutionContextTests
{
    [Fact]
    public async Task Each_run_works_for_its_own_user_organisation_thread_and_request_within_the_deadline_of_the_tier()
    {
        var supervisor = ScriptedSupervisor.Answering();
        await using var server = await RunServer.StartAsync(supervisor);
        var users = new List<TokenReply>();
        for (var user = 0; user < 3; user++)
            users.Add(await server.RegisterAsync());

        var ended = await Task.WhenAll(users.Select(user => AskAsync(server, user)));

        var deadline = server.Services.GetRequiredService<TierTable>().For(Tier.Free).RunDeadline;
        Assert.Equal(users.Count, supervisor.Contexts.Count);
        Assert.Equal(users.Count, supervisor.Contexts.Select(context => context.OrganisationId).Distinct().Count());
        foreach (var (user, completed) in users.Zip(ended))
        {
            var context = Assert.Single(supervisor.Contexts, one => one.User == user.User.Id);
            Assert.Equal((Tier.Free, 1, deadline), (context.Tier, context.Attempt, context.Deadline - context.StartedAt));
            var said = completed.GetProperty("context");
            Assert.Equal(
                (context.User.Value, context.Thread.Value, context.Run.Value, context.RequestId),
                (said.Text("user_id"), said.Text("thread_id"), said.Text("run_id"), said.Text("request_id")));
            Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", said.Text("traceparent"));
        }
    }

    [Fact]
    public async Task A_sub_agent_works_in_a_child_of_its_supervisors_context()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "What are we spending?")).RunId;
        var events = await user.EventsToTheEndAsync(run);

        var root = Assert.Single(events.OfType<AgentStarted>()).Context!;
        var children = events.OfType<SubagentStarted>().Select(started => started.Context!).ToList();
        Assert.NotEmpty(children);
        Assert.All(children, child => Assert.Equal(root.InvocationId, child.ParentInvocationId));
        Assert.Equal(children.Count, children.Select(child => child.InvocationId).Distinct().Count());
        Assert.Single(events.Select(said => ActivityContext.Parse(said.Context!.Traceparent!, null).TraceId).Distinct());
        Assert.Equal(children.Count, children.Select(child => child.Traceparent).Append(root.Traceparent).Distinct().Count() - 1);
    }

    [Fact]
    public void A_context_cannot_be_changed() => Assert.All(
        typeof(RunContext).GetProperties().Where(property => property.SetMethod is not null),
        property => Assert.Contains(
            typeof(IsExternalInit), property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers()));

    [Fact]
    public void Nothing_that_a_run_needs_is_global()
    {
        var types = typeof(RunContext).Assembly.GetTypes().Concat(typeof(HeldRun).Assembly.GetTypes().Where(type => type.Namespace == typeof(HeldRun).Namespace));
        // What the compiler keeps for itself, cached delegates, has a name no programmer can write.
        var changeable = types.Where(type => !type.FullName!.Contains('<'))
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(field => field.DeclaringType!.Namespace?.StartsWith("Apex", StringComparison.Ordinal) == true && !field.IsInitOnly && !field.IsLiteral);

        Assert.Empty(changeable.Select(field => $"{field.DeclaringType}.{field.Name}"));
    }

    private static async Task<System.Text.Json.JsonElement> AskAsync(ApexTestServer server, TokenReply tokens)
    {
        await using var client = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");
        await client.SendAsync(new UserMessage(new UserMessagePayload { Content = "For whom?" }, "m1"));
        return await client.ReceiveUntilAsync("agent_completed");
    }
}
