using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Client;

/// <summary>The accounts of a server, for administrators.</summary>
public sealed partial class ApexApi
{
    /// <summary>A page of the accounts in the order of their e-mails.</summary>
    /// <param name="search">Part of the e-mail; null for all.</param>
    /// <param name="cursor">From the page before; null for the first.</param>
    public Task<ManagedUserList> ListUsersAsync(string? search, string? cursor, CancellationToken cancellationToken)
    {
        string?[] parts = [search is null ? null : $"search={Escape(search)}", cursor is null ? null : $"cursor={Escape(cursor)}", "limit=100"];
        return GetAsync($"/api/admin/users?{string.Join('&', parts.OfType<string>())}", ApexJson.Default.ManagedUserList, cancellationToken);
    }

    /// <summary>Changes an account; it holds at once, also for what the account has open.</summary>
    public async Task<ManagedUserReply> ChangeUserAsync(UserId user, ManagedUserRequest change, CancellationToken cancellationToken)
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, $"/api/admin/users/{Escape(user.Value)}")
        {
            Content = JsonContent.Create(change, ApexJson.Default.ManagedUserRequest),
        };
        using var reply = await SendAsync(put, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reply, ApexJson.Default.ManagedUserReply, cancellationToken).ConfigureAwait(false);
    }
}
