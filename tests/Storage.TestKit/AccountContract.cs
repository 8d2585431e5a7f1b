using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Accounts;
using Apex.Testing;

namespace Apex.Storage.TestKit;

/// <summary>What every store promises about accounts, sessions and documents.</summary>
public abstract class AccountContract : StoreContract
{
    private static readonly DateTimeOffset Now = Some.Time;

    private IAccountStore Accounts => Store.Accounts;

    [Fact]
    public async Task An_account_is_found_by_id_and_by_e_mail_in_any_case()
    {
        var user = Some.User("Ada@Example.com", roles: ["user", "admin"]) with { PasswordHash = "hash" };

        Assert.True(await Accounts.TryCreateUserAsync(user, Token));

        Assert.Equivalent(user, await Accounts.FindUserAsync(user.Id, Token), strict: true);
        Assert.Equivalent(user, await Accounts.FindUserByEmailAsync(" ada@EXAMPLE.com", Token), strict: true);
        Assert.Equal(1, await Accounts.CountUsersAsync(Token));
        Assert.Null(await Accounts.FindUserAsync(UserId.New(), Token));
    }

    [Fact]
    public async Task Of_many_accounts_with_one_e_mail_at_once_one_is_made()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 50).Select(index =>
            Accounts.TryCreateUserAsync(Some.User(index % 2 == 0 ? "ada@example.com" : "ADA@example.com"), Token).AsTask()));

        Assert.Single(made, isMade => isMade);
        Assert.Equal(1, await Accounts.CountUsersAsync(Token));
    }

    [Fact]
    public async Task A_password_is_replaced()
    {
        var user = await CreateUserAsync();

        await Accounts.UpdatePasswordAsync(user.Id, "new-hash", Token);

        Assert.Equal("new-hash", (await Accounts.FindUserAsync(user.Id, Token))!.PasswordHash);
    }

    [Fact]
    public async Task A_refresh_token_is_replaced_once_and_its_second_use_ends_the_session()
    {
        var session = await CreateSessionAsync("token-1");
        var later = Now.AddDays(40);

        var rotated = Assert.IsType<RefreshOutcome.Rotated>(await RotateAsync("token-1", "token-2", later));
        var stolen = Assert.IsType<RefreshOutcome.Reused>(await RotateAsync("token-1", "token-3", later));
        var dead = await RotateAsync("token-2", "token-4", later);

        Assert.Equal((session.Id, Now, later), (rotated.Session.Id, rotated.Session.LastUsedAt, rotated.Session.ExpiresAt));
        Assert.Equal(session.Id, stolen.Session.Id);
        Assert.IsType<RefreshOutcome.Unknown>(dead);
        Assert.Equal(Now, (await Accounts.FindSessionAsync(session.Id, Token))!.RevokedAt);
    }

    [Fact]
    public async Task Of_many_uses_of_one_refresh_token_at_once_one_succeeds()
    {
        await CreateSessionAsync("token");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(index => RotateAsync("token", $"next-{index}", Now.AddDays(40))));

        Assert.Single(outcomes, outcome => outcome is RefreshOutcome.Rotated);
        Assert.Equal(49, outcomes.Count(outcome => outcome is RefreshOutcome.Reused));
    }

    [Fact]
    public async Task An_unknown_or_expired_refresh_token_is_refused()
    {
        await CreateSessionAsync("token");

        Assert.IsType<RefreshOutcome.Unknown>(await RotateAsync("other", "next", Now.AddDays(1)));
        Assert.IsType<RefreshOutcome.Expired>(
            await Accounts.RotateRefreshTokenAsync("token", "next", Now.AddDays(31), Now.AddDays(60), Token));
    }

    [Fact]
    public async Task A_session_is_revoked_by_its_owner_only_and_only_once()
    {
        var session = await CreateSessionAsync("token");

        Assert.False(await Accounts.RevokeSessionAsync(UserId.New(), session.Id, Now, Token));
        Assert.True(await Accounts.RevokeSessionAsync(session.User, session.Id, Now, Token));
        Assert.False(await Accounts.RevokeSessionAsync(session.User, session.Id, Now, Token));
        Assert.Equal(Now, (await Accounts.FindSessionAsync(session.Id, Token))!.RevokedAt);
        Assert.Equal([session.Id], (await Accounts.ListSessionsAsync(session.User, Token)).Select(listed => listed.Id));
    }

    [Fact]
    public async Task A_session_is_revoked_by_its_refresh_token()
    {
        var session = await CreateSessionAsync("token");

        Assert.Null(await Accounts.RevokeByRefreshTokenAsync("other", Now, Token));
        Assert.Equal(session with { RevokedAt = Now }, await Accounts.RevokeByRefreshTokenAsync("token", Now, Token));
    }

    [Fact]
    public async Task Failed_log_ins_are_counted_within_the_window_and_cleared()
    {
        var window = TimeSpan.FromMinutes(15);

        Assert.Equal(1, await Accounts.RecordLoginFailureAsync("Ada@example.com", Now, window, Token));
        Assert.Equal(2, await Accounts.RecordLoginFailureAsync("ada@example.com", Now.AddMinutes(1), window, Token));
        Assert.Equal(2, await Accounts.RecordLoginFailureAsync("ada@example.com", Now.AddMinutes(15.5), window, Token));
        Assert.Equal((2, Now.AddMinutes(15.5)), await Accounts.CountLoginFailuresAsync("ada@example.com", Now.AddMinutes(1), Token));

        await Accounts.ClearLoginFailuresAsync("ADA@example.com", Token);
        Assert.Equal((0, null), await Accounts.CountLoginFailuresAsync("ada@example.com", Now, Token));
    }

    [Fact]
    public async Task An_account_is_changed_in_what_is_named_and_loses_its_sessions_when_it_is_disabled()
    {
        var session = await CreateSessionAsync("token");
        var before = (await Accounts.FindUserAsync(session.User, Token))!;

        var raised = Assert.IsType<UserChangeOutcome.Changed>(await ChangeAsync(before.Id, new UserChange(Tier: Tier.Mid)));
        var disabled = Assert.IsType<UserChangeOutcome.Changed>(await ChangeAsync(before.Id, new UserChange(IsDisabled: true)));
        var signedIn = (await Accounts.FindSignedInAsync(session.Id, Token))!.Value;
        var rotated = await RotateAsync("token", "token-2", Now.AddDays(1));
        var enabled = Assert.IsType<UserChangeOutcome.Changed>(await ChangeAsync(before.Id, new UserChange(IsDisabled: false)));

        Assert.Equivalent(before with { Tier = Tier.Mid }, raised.User, strict: true);
        Assert.Empty(raised.EndedSessions);
        Assert.Equal((Now, session.Id), (disabled.User.DisabledAt, Assert.Single(disabled.EndedSessions)));
        Assert.Equal((Now, Now), (signedIn.Session.RevokedAt, signedIn.User.DisabledAt));
        Assert.IsType<RefreshOutcome.Unknown>(rotated);
        Assert.Equivalent(before with { Tier = Tier.Mid }, enabled.User, strict: true);
        Assert.IsType<UserChangeOutcome.NoSuchUser>(await ChangeAsync(UserId.New(), new UserChange(Tier: Tier.Mid)));
        Assert.Null(await Accounts.FindSignedInAsync("session_never", Token));
    }

    [Theory]
    [InlineData("hash", false, true)]
    [InlineData("hash", true, false)]
    [InlineData(null, false, false)]
    public async Task The_last_administrator_stays_unless_another_one_can_log_in(string? othersPassword, bool isOtherDisabled, bool mayGo)
    {
        var (last, other) = (Some.User(roles: ["user", "admin"]) with { PasswordHash = "hash" }, Some.User(roles: ["user", "admin"]) with { PasswordHash = othersPassword });
        Assert.True(await Accounts.TryCreateUserAsync(last, Token));
        Assert.True(await Accounts.TryCreateUserAsync(other, Token));
        await ChangeAsync(other.Id, new UserChange(IsDisabled: isOtherDisabled));

        var demoted = await ChangeAsync(last.Id, new UserChange(Roles: ["user"]));
        var listed = await Accounts.ListUsersInRoleAsync("admin", Token);

        Assert.Equal(mayGo, demoted is UserChangeOutcome.Changed);
        Assert.Equal(!mayGo, demoted is UserChangeOutcome.LastAdministrator);
        Assert.Equal(!mayGo, listed.Contains(last.Id));
        Assert.Equal(!isOtherDisabled, listed.Contains(other.Id));
    }

    private ValueTask<UserChangeOutcome> ChangeAsync(UserId user, UserChange change) =>
        Accounts.ChangeUserAsync(new UserChangeOrder(user, change, Now, UserId.New()), "admin", Token);

    [Fact]
    public async Task Accounts_and_sessions_survive_a_restart()
    {
        var session = await CreateSessionAsync("token");
        await Accounts.AppendAuditAsync(new AuditEntry(Now, "login", session.User, null, null), Token);

        await ReopenAsync();

        Assert.NotNull(await Accounts.FindUserAsync(session.User, Token));
        Assert.Equal(session, await Accounts.FindSessionAsync(session.Id, Token));
    }

    [Fact]
    public async Task A_document_is_replaced_listed_by_prefix_and_its_organisations_own()
    {
        byte[] large = new byte[5_000_000];
        Random.Shared.NextBytes(large);
        await Store.Documents.SaveAsync("org_1", "prices/b", new byte[] { 1 }, Token);
        await Store.Documents.SaveAsync("org_1", "prices/a", ReadOnlyMemory<byte>.Empty, Token);
        await Store.Documents.SaveAsync("org_1", "jobs/1", new byte[] { 2 }, Token);

        await Store.Documents.SaveAsync("org_1", "prices/b", large, Token);

        Assert.Equal(large, (await Store.Documents.FindAsync("org_1", "prices/b", Token))!.Value.ToArray());
        Assert.Equal(0, (await Store.Documents.FindAsync("org_1", "prices/a", Token))!.Value.Length);
        Assert.Equal(["prices/a", "prices/b"], await Store.Documents.ListAsync("org_1", "prices/", Token));
        Assert.Null(await Store.Documents.FindAsync("org_2", "prices/b", Token));
        Assert.Null(await Store.Documents.FindAsync("org_1", "prices/c", Token));
        Assert.Empty(await Store.Documents.ListAsync("org_2", "", Token));
    }

    [Fact]
    public async Task A_document_over_its_limit_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(
            () => Store.Documents.SaveAsync("org_1", "huge", new byte[(64 * 1024 * 1024) + 1], Token).AsTask());

    private async Task<UserRecord> CreateUserAsync()
    {
        var user = Some.User();
        Assert.True(await Accounts.TryCreateUserAsync(user, Token));
        return user;
    }

    private async Task<SessionRecord> CreateSessionAsync(string token)
    {
        var session = Some.Session((await CreateUserAsync()).Id);
        await Accounts.CreateSessionAsync(session, token, Token);
        return session;
    }

    private Task<RefreshOutcome> RotateAsync(string presented, string next, DateTimeOffset expires) =>
        Accounts.RotateRefreshTokenAsync(presented, next, Now, expires, Token).AsTask();
}
