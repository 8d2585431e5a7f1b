using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Storage.Accounts;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Operations;

/// <summary>Administrators change tiers and roles and shut accounts: it holds at once, wherever the account is connected.</summary>
public sealed class UserAdministrationTests
{
    private readonly TaskCompletionSource _hold = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_tier_holds_at_once_for_tokens_tickets_and_open_sockets_whose_clients_are_told()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        await using var open = await OpenLiveAsync(server, tokens.AccessToken);
        var ticket = await TicketAsync(user);

        var changed = await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Tier: Tier.Mid));

        var told = await open.ReceiveUntilAsync("account_changed");
        Assert.Equal("mid", told.Text("tier"));
        Assert.Equal(200, told.GetProperty("limits").GetProperty("messages_per_minute").GetInt32());
        Assert.Equal((Tier.Mid, UserRole.User), (changed.User.Tier, changed.User.Role));
        Assert.Equal(Tier.Mid, (await user.GetAsync("/api/me/limits", ApexJson.Default.OwnLimits)).Tier);
        Assert.Equal(Tier.Mid, (await user.GetAsync("/auth/me", ApexJson.Default.UserView)).Tier);
        await using var byTicket = await WireClient.UpgradeAsync(server.Address, $"/ws?ticket={ticket}", headers: "Sec-WebSocket-Protocol: apex.v1");
        Assert.Equal(200, (await byTicket.ReceiveUntilAsync("connection_established")).GetProperty("limits").GetProperty("messages_per_minute").GetInt32());
    }

    [Fact]
    public async Task A_tier_holds_for_the_messages_of_a_socket_that_was_open_before()
    {
        await using var server = await ApexTestServer.StartAsync(options => new ApexServerOptions
        {
            DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
            AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
            Tiers = new Dictionary<Tier, Server.Limits.TierLimits>
            {
                [Tier.Free] = new(1, 1, 5, 5, 5, TimeSpan.FromMinutes(5), 1, TimeSpan.FromDays(7)),
            },
        });
        var tokens = await server.RegisterAsync();
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        await using var open = await OpenLiveAsync(server, tokens.AccessToken);
        await SayAsync(open);
        await open.ReceiveUntilAsync("message_accepted");
        await SayAsync(open);
        var refused = await open.ReceiveUntilAsync("error");

        await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Tier: Tier.Early));
        await open.ReceiveUntilAsync("account_changed");
        await SayAsync(open);

        Assert.Equal("rate_limited", refused.Text("code"));
        Assert.Contains("tier free", refused.Text("message"), StringComparison.Ordinal);
        await open.ReceiveUntilAsync("message_accepted");
    }

    [Fact]
    public async Task A_role_is_given_and_taken_with_the_next_request_of_the_same_token()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        async Task<HttpStatusCode> TryAsync(string path)
        {
            using var reply = await user.GetAsync(path).Within();
            return reply.StatusCode;
        }

        var before = await TryAsync("/api/admin/users");
        await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Role: UserRole.Admin));
        var raised = await TryAsync("/api/admin/users");
        var lowered = await ChangeAsync(user, tokens.User.Id, new ManagedUserRequest(Role: UserRole.Developer));
        var after = await TryAsync("/api/admin/users");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK, HttpStatusCode.Forbidden), (before, raised, after));
        Assert.Equal(UserRole.Developer, lowered.User.Role);
        Assert.Equal(["user", "developer"], (await user.GetAsync("/auth/me", ApexJson.Default.UserView)).Roles);
    }

    [Fact]
    public async Task A_disabled_account_loses_its_log_ins_sockets_tickets_and_runs_at_once_and_is_as_before_when_it_is_enabled()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        var tokens = await server.RegisterAsync();
        var elsewhere = await server.LogInAsync(tokens.User.Email);
        using var user = server.As(tokens);
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        await using var one = await OpenLiveAsync(server, tokens.AccessToken);
        await using var other = await OpenLiveAsync(server, elsewhere.AccessToken);
        var ticket = await TicketAsync(user);
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "A question")).RunId;
        await user.EventsUntilAsync<AgentStarted>(run);

        var disabled = await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Disabled: true));
        var again = await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Disabled: true));

        Assert.Equal((2, 1), (disabled.SessionsEnded, disabled.RunsStopped));
        Assert.Equal(disabled.User.DisabledAt, again.User.DisabledAt);
        Assert.Equal(4401, (await one.ReceiveCloseAsync()).Code);
        Assert.Equal(4401, (await other.ReceiveCloseAsync()).Code);
        await user.GetAsync("/auth/me").RefusedAsync(HttpStatusCode.Unauthorized);
        await RefreshAsync(server, elsewhere).RefusedAsync(HttpStatusCode.Unauthorized);
        var login = await LogInAsync(server, tokens.User.Email).RefusedAsync(HttpStatusCode.Forbidden);
        Assert.Contains("disabled", login.Detail, StringComparison.Ordinal);
        await using var byTicket = await WireClient.UpgradeAsync(server.Address, $"/ws?ticket={ticket}", headers: "Sec-WebSocket-Protocol: apex.v1");
        Assert.Equal(401, byTicket.Status);

        var enabled = await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Disabled: false));
        Assert.Null(enabled.User.DisabledAt);
        await user.GetAsync("/auth/me").RefusedAsync(HttpStatusCode.Unauthorized);
        using var back = server.As(await server.LogInAsync(tokens.User.Email));
        var stopped = Assert.IsType<RunCancelled>((await back.EventsToTheEndAsync(run))[^1]);
        Assert.Equal("An administrator disabled the account.", stopped.Reason);
        letGo.SetResult();
    }

    [Fact]
    public async Task Runs_of_a_disabled_account_that_a_dying_server_did_not_stop_end_at_the_next_start_at_work_or_waiting()
    {
        var signer = new Signer { PapersOf = run => run.Question == "Sign" ? ["Lease"] : [], Afterwards = _ => _hold.Task };
        await using var server = await signer.StartAsync();
        var tokens = await server.RegisterAsync();
        RunId waiting, working;
        using (var user = server.As(tokens))
        {
            waiting = (await user.AskAsync((await user.NewThreadAsync()).Id, "Sign")).RunId;
            await ApprovalSteps.WaitsAsync(user, waiting);
            working = (await user.AskAsync((await user.NewThreadAsync()).Id, "Hold")).RunId;
            await user.EventsUntilAsync<SubagentStarted>(working);
        }

        // The account is stored as disabled and nothing else is done: as a server leaves it that dies here.
        await server.Services.GetRequiredService<IAccountStore>().ChangeUserAsync(
            new UserChangeOrder(tokens.User.Id, new UserChange(null, null, true), TimeProvider.System.GetUtcNow(), tokens.User.Id), "admin", default);
        await server.RestartAsync();
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Disabled: false));
        using var back = server.As(await server.LogInAsync(tokens.User.Email));

        foreach (var run in (RunId[])[waiting, working])
            Assert.Equal("An administrator disabled the account.", Assert.IsType<RunCancelled>((await back.EventsToTheEndAsync(run))[^1]).Reason);
        Assert.Empty(signer.Signed);
        Assert.Empty((await back.GetAsync("/api/approvals", ApexJson.Default.ApprovalList)).Approvals);
        _hold.SetResult();
    }

    [Fact]
    public async Task The_last_administrator_can_neither_be_demoted_nor_disabled()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.LogInAsAdministratorAsync();
        using var admin = server.As(tokens);
        var second = await server.RegisterAsync();

        var demoted = await Put(admin, tokens.User.Id, new ManagedUserRequest(Role: UserRole.User)).RefusedAsync(HttpStatusCode.Forbidden);
        var disabled = await Put(admin, tokens.User.Id, new ManagedUserRequest(Disabled: true)).RefusedAsync(HttpStatusCode.Forbidden);
        await ChangeAsync(admin, second.User.Id, new ManagedUserRequest(Role: UserRole.Admin));
        await ChangeAsync(admin, second.User.Id, new ManagedUserRequest(Disabled: true));
        await Put(admin, tokens.User.Id, new ManagedUserRequest(Role: UserRole.User)).RefusedAsync(HttpStatusCode.Forbidden);
        await ChangeAsync(admin, second.User.Id, new ManagedUserRequest(Disabled: false));
        var own = await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Role: UserRole.User));

        Assert.Contains("admin@example.com is the last administrator", demoted.Detail, StringComparison.Ordinal);
        Assert.Contains("last administrator", disabled.Detail, StringComparison.Ordinal);
        Assert.Equal(UserRole.User, own.User.Role);
    }

    [Fact]
    public async Task Of_two_administrators_who_demote_each_other_at_once_one_stays()
    {
        await using var server = await ApexTestServer.StartAsync();
        var first = await server.LogInAsAdministratorAsync();
        using var admin = server.As(first);
        for (var round = 0; round < 5; round++)
        {
            var tokens = await server.RegisterAsync();
            using var second = server.As(tokens);
            await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Role: UserRole.Admin));

            var replies = await Task.WhenAll(
                Put(admin, tokens.User.Id, new ManagedUserRequest(Role: UserRole.User)),
                Put(second, first.User.Id, new ManagedUserRequest(Role: UserRole.User))).Within();

            var done = replies.Select(reply => reply.StatusCode).ToArray();
            foreach (var reply in replies)
                reply.Dispose();
            Assert.Single(done, status => status == HttpStatusCode.OK);
            Assert.Single(done, status => status == HttpStatusCode.Forbidden);
            // The one who stayed brings things back to where they were.
            if (done[1] == HttpStatusCode.OK)
            {
                await ChangeAsync(second, first.User.Id, new ManagedUserRequest(Role: UserRole.Admin));
                await ChangeAsync(admin, tokens.User.Id, new ManagedUserRequest(Role: UserRole.User));
            }
        }
    }

    [Fact]
    public async Task Accounts_are_listed_by_e_mail_in_pages_and_found_by_a_part_of_it()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        foreach (var name in (string[])["dora", "carl", "Berta", "anna_x", "anna%x"])
            await server.RegisterAsync($"{name}@listed.example");

        var first = await ListAsync(admin, "?search=LISTED&limit=2");
        var second = await ListAsync(admin, $"?search=listed&limit=2&cursor={Uri.EscapeDataString(first.Next!)}");
        var third = await ListAsync(admin, $"?search=listed&limit=2&cursor={Uri.EscapeDataString(second.Next!)}");
        var literal = await ListAsync(admin, "?search=" + Uri.EscapeDataString("anna%x"));
        var all = await ListAsync(admin, "");

        string[] emails = [.. first.Users.Concat(second.Users).Concat(third.Users).Select(user => user.Email.ToLowerInvariant())];
        Assert.Equal(["anna%x@listed.example", "anna_x@listed.example", "berta@listed.example", "carl@listed.example", "dora@listed.example"], emails);
        Assert.Null(third.Next);
        Assert.Equal("anna%x@listed.example", Assert.Single(literal.Users).Email);
        Assert.Equal(6, all.Users.Count);
        Assert.Equal(UserRole.Admin, all.Users.Single(user => user.Email == "admin@example.com").Role);
    }

    [Fact]
    public async Task Who_is_no_administrator_sees_and_changes_nobody_and_bad_input_is_named()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var admin = server.As(await server.LogInAsAdministratorAsync());

        await user.GetAsync("/api/admin/users").RefusedAsync(HttpStatusCode.Forbidden);
        await Put(user, tokens.User.Id, new ManagedUserRequest(Tier: Tier.Enterprise)).RefusedAsync(HttpStatusCode.Forbidden);
        var limit = await admin.GetAsync("/api/admin/users?limit=101").RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var nothing = await Put(admin, tokens.User.Id, new ManagedUserRequest()).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var unknown = await Put(admin, UserId.New(), new ManagedUserRequest(Tier: Tier.Mid)).RefusedAsync(HttpStatusCode.NotFound);
        using var gold = await admin.PutAsync($"/api/admin/users/{tokens.User.Id}", new StringContent("{\"tier\":\"gold\"}", System.Text.Encoding.UTF8, "application/json"));

        Assert.Contains("limit is 101; it needs 1 to 100.", limit.Detail, StringComparison.Ordinal);
        Assert.Contains("tier, role or disabled", nothing.Detail, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.NotFound, unknown.Code);
        Assert.InRange((int)gold.StatusCode, 400, 499);
        Assert.Equal(Tier.Free, (await user.GetAsync("/auth/me", ApexJson.Default.UserView)).Tier);
    }

    private static Task<HttpResponseMessage> Put(HttpClient admin, UserId user, ManagedUserRequest request) =>
        admin.PutAsJsonAsync($"/api/admin/users/{user}", request, ApexJson.Default.ManagedUserRequest);

    private static async Task<ManagedUserReply> ChangeAsync(HttpClient admin, UserId user, ManagedUserRequest request)
    {
        using var reply = await Put(admin, user, request).Within();
        return await reply.ReadAsync(ApexJson.Default.ManagedUserReply);
    }

    private static Task<ManagedUserList> ListAsync(HttpClient admin, string query) =>
        admin.GetAsync("/api/admin/users" + query, ApexJson.Default.ManagedUserList);

    private static Task<HttpResponseMessage> LogInAsync(ApexTestServer server, string email) =>
        server.Http.PostAsJsonAsync("/auth/login", new LoginRequest(email, Some.Password), ApexJson.Default.LoginRequest);

    private static Task<HttpResponseMessage> RefreshAsync(ApexTestServer server, TokenReply tokens) =>
        server.Http.PostAsJsonAsync("/auth/refresh", new RefreshRequest(tokens.RefreshToken), ApexJson.Default.RefreshRequest);

    private static async Task<string> TicketAsync(HttpClient user)
    {
        using var reply = await user.PostAsJsonAsync("/api/websocket/ticket", new TicketRequest(), ApexJson.Default.TicketRequest).Within();
        return (await reply.ReadAsync(ApexJson.Default.TicketReply)).TicketId;
    }

    private static Task SayAsync(WireClient client) => client.SendTextAsync("""{"type":"user_message","payload":{"content":"What do we spend?"}}""");

    private static async Task<WireClient> OpenLiveAsync(ApexTestServer server, string token)
    {
        var client = await WireClient.OpenAsync(server.Address, token);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");
        return client;
    }
}
