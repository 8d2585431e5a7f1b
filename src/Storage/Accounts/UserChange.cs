using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Storage.Accounts;

/// <summary>What an administrator changes of an account; null leaves it.</summary>
/// <param name="Roles">All of them.</param>
/// <param name="IsDisabled">True shuts the account and ends its sessions.</param>
public sealed record UserChange(Tier? Tier = null, IReadOnlyList<string>? Roles = null, bool? IsDisabled = null);

/// <param name="At">When it is changed.</param>
/// <param name="By">Who changes it, for the audit.</param>
public sealed record UserChangeOrder(UserId User, UserChange Change, DateTimeOffset At, UserId By);

public abstract record UserChangeOutcome
{
    private UserChangeOutcome()
    {
    }

    public sealed record NoSuchUser : UserChangeOutcome;

    /// <summary>Nothing was changed: nobody who can log in would be left to administer the server.</summary>
    public sealed record LastAdministrator(UserRecord User) : UserChangeOutcome;

    /// <param name="EndedSessions">Ids of those that lived until now.</param>
    public sealed record Changed(UserRecord Before, UserRecord User, IReadOnlyList<string> EndedSessions) : UserChangeOutcome;
}

/// <param name="Next">Where the next page begins; null on the last.</param>
public sealed record UserRecordPage(IReadOnlyList<UserRecord> Users, string? Next);
