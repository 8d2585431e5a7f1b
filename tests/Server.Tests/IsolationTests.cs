using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Server.Tests.UsageLog;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests;

/// <summary>
/// Every frame type with an id in it and every HTTP route with one in its path, made from the types and the routing table themselves: a
/// stranger who knows all ids of somebody's hears what he would hear of ids that never were, and changes nothing.
/// </summary>
public sealed class IsolationTests
{
    /// <summary>Ids that are no record of a user's: names that mean the same to everybody, or nothing.</summary>
    private static readonly string[] SharedNames = ["name", "provider", "path", "slug"];

    [Fact]
    public async Task Every_frame_and_every_route_answers_a_foreign_id_like_one_that_never_was()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task), RunServer.WithRoom);
        var owner = await server.RegisterAsync();
        using var victim = server.As(owner);
        var ids = await Possessions.OfAsync(server, owner.User.Id, victim);
        var before = await PictureAsync(victim, ids);
        var stranger = await server.RegisterAsync();

        var frames = await TryFramesAsync(server, stranger, ids);
        var routes = await TryRoutesAsync(server, stranger, ids);

        Assert.Empty(frames.Leaks);
        Assert.Empty(routes.Leaks);
        Assert.InRange(frames.Tried, 10, int.MaxValue);
        Assert.InRange(routes.Tried, 40, int.MaxValue);
        Assert.Equal(before, await PictureAsync(victim, ids));
        letGo.SetResult();
        Assert.IsType<AgentCompleted>((await victim.EventsToTheEndAsync(ids.Run))[^1]);
    }

    private static async Task<(int Tried, List<string> Leaks)> TryFramesAsync(ApexTestServer server, TokenReply stranger, Possessions ids)
    {
        await using var socket = await WireClient.OpenAsync(server.Address, stranger.AccessToken);
        var (tried, leaks) = (0, new List<string>());
        foreach (var kind in typeof(ClientFrame).GetCustomAttributes<JsonDerivedTypeAttribute>())
        {
            foreach (var frame in ids.FramesOf(kind))
            {
                var nonce = $"n-{tried++}";
                await socket.SendTextAsync(frame);
                await socket.SendTextAsync($$"""{"type":"create_thread","title":"{{nonce}}"}""");
                // What the frame itself is answered comes before the answer to the next one.
                while (await socket.ReceiveAsync() is var answer && !(answer.Type() == "thread_data" && answer.GetRawText().Contains(nonce, StringComparison.Ordinal)))
                {
                    if (answer.Type() == "error" ? answer.Text("code") != "not_found" : ids.AreIn(answer.GetRawText()))
                        leaks.Add($"{frame} → {answer.GetRawText()}");
                }
            }
        }

        return (tried, leaks);
    }

    private static async Task<(int Tried, List<string> Leaks)> TryRoutesAsync(ApexTestServer server, TokenReply stranger, Possessions ids)
    {
        using var client = server.As(stranger);
        var (tried, leaks) = (0, new List<string>());
        foreach (var endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var parameters = endpoint.RoutePattern.Parameters.Where(parameter => !parameter.IsCatchAll).ToArray();
            if (parameters.Length == 0 || parameters.Any(parameter => SharedNames.Contains(parameter.Name)))
                continue;
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                foreach (var path in ids.PathsOf(endpoint.RoutePattern.RawText!, parameters.Select(parameter => parameter.Name)))
                {
                    tried++;
                    var foreign = await CallAsync(client, method, path, ids);
                    var never = await CallAsync(client, method, ids.Forget(path), ids);
                    if (foreign.Status != never.Status || (int)foreign.Status < 400 || ids.AreIn(ids.WithoutPath(foreign.Body, path)))
                        leaks.Add($"{method} {path} → {(int)foreign.Status} {foreign.Body}, of one that never was {(int)never.Status}");
                }
            }
        }

        return (tried, leaks);
    }

    private static async Task<(HttpStatusCode Status, string Body)> CallAsync(HttpClient client, string method, string path, Possessions ids)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method is "POST" or "PATCH" or "PUT")
            request.Content = new StringContent(ids.Body, Encoding.UTF8, "application/json");
        using var reply = await client.SendAsync(request).Within();
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync());
    }

    /// <summary>All the victim can see of what the stranger tried to reach.</summary>
    private static async Task<string> PictureAsync(HttpClient victim, Possessions ids)
    {
        string[] paths =
        [
            $"/api/threads/{ids.Thread}", $"/api/threads/{ids.Thread}/messages", $"/api/threads/{ids.Thread}/runs", $"/api/runs/{ids.Run}",
            $"/api/runs/{ids.Run}/events", $"/api/runs/{ids.Run}/approvals", "/api/approvals", $"/api/usage/imports/{ids.Job}", "/auth/sessions",
        ];
        return string.Join('\n', await Task.WhenAll(paths.Select(path => victim.GetStringAsync(path))));
    }

    private sealed record Possessions(ThreadId Thread, RunId Run, string Message, string Job, string Session, ApprovalView Approval)
    {
        private const string Never = "00000000000000000000000000000000";

        private string[] All => [Thread.Value, Run.Value, Message, Job, Session, Approval.Id.Value];

        /// <summary>A body that any of the routes could take.</summary>
        public string Body => $$"""
            {"title":"Mine now","content":"Mine now","message_id":"{{Message}}","step":0,"decision":"approve","arguments_hash":"{{Approval.ArgumentsHash}}"}
            """;

        public static async Task<Possessions> OfAsync(ApexTestServer server, UserId owner, HttpClient victim)
        {
            var thread = (await victim.NewThreadAsync("Secret")).Id;
            var asked = await victim.AskAsync(thread, "A secret question");
            await victim.EventsUntilAsync<AgentStarted>(asked.RunId);
            using var upload = await UsageApi.UploadAsync(victim, "time_unix\n"u8.ToArray(), "calls.csv", "/api/usage/import");
            var job = (await upload.ReadAsync(ApexJson.Default.JobReply)).JobId;
            await UsageApi.EndOfAsync(victim, job);
            var session = (await victim.GetAsync("/auth/sessions", ApexJson.Default.SessionList)).Sessions[0].Id;
            var run = new SomeRun(owner, thread, asked.RunId);
            var approval = run.Approval("appr_of_the_victim");
            await server.Services.GetRequiredService<IFeed>().AppendAsync(
                run.Append(run.Asking(approval.Id.Value) with { Context = new EventContext(owner, thread, asked.RunId, null, null) }) with { Changes = [new RecordChange.AddApproval(approval)] }, CancellationToken.None);
            return new Possessions(thread, asked.RunId, asked.MessageId.Value, job, session, approval);
        }

        public bool AreIn(string answer) => All.Any(id => answer.Contains(id, StringComparison.Ordinal)) || answer.Contains("ecret", StringComparison.Ordinal);

        /// <summary>The frame with each of its ids set to each id it could mean.</summary>
        public IEnumerable<string> FramesOf(JsonDerivedTypeAttribute kind)
        {
            var fields = kind.DerivedType.GetProperties().Select(field => JsonNamingPolicy.SnakeCaseLower.ConvertName(field.Name)).ToArray();
            if (kind.DerivedType == typeof(UserMessage))
            {
                yield return $$"""{"type":"user_message","payload":{"content":"Mine","thread_id":"{{Thread}}"} }""";
                yield break;
            }

            foreach (var field in fields.Where(name => name is "thread_id" or "run_id" or "invocation_id" or "tool_call_id" or "approval_id"))
            {
                if (kind.DerivedType == typeof(HandshakeAcknowledged) || kind.DerivedType == typeof(Typing))
                    continue; // Answered with nothing, whatever the id.
                foreach (var id in All)
                    yield return $$"""{"type":"{{kind.TypeDiscriminator}}","{{field}}":"{{id}}","title":"Mine","content":"Mine","decision":"approve","arguments_hash":"{{Approval.ArgumentsHash}}"}""";
            }
        }

        public IEnumerable<string> PathsOf(string pattern, IEnumerable<string> parameters)
        {
            var names = parameters.ToArray();
            // Two ids in one path are a run and what it asked, or any two that are the same.
            if (names is [var of, var what])
                yield return "/" + pattern.Trim('/').Replace($"{{{of}}}", Run.Value, StringComparison.Ordinal).Replace($"{{{what}}}", Approval.Id.Value, StringComparison.Ordinal);
            foreach (var id in All)
            {
                var path = names.Aggregate("/" + pattern.Trim('/'), (made, name) => made.Replace($"{{{name}}}", id, StringComparison.Ordinal));
                if (!path.Contains('{', StringComparison.Ordinal))
                    yield return path;
            }
        }

        public string Forget(string path) => All.Aggregate(path, (made, id) => made.Replace(id, Never, StringComparison.Ordinal));

        /// <summary>An answer may repeat the ids it was asked for.</summary>
        public string WithoutPath(string body, string path) => path.Split('/').Append(Message).Where(part => part.Length > 8).Aggregate(
            body, (made, part) => made.Replace(part, "", StringComparison.Ordinal));
    }
}
