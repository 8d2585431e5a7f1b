using Apex.Protocol.Http;

namespace Apex.Server.Accounts;

/// <summary>What an account may do, as stored and as in tokens.</summary>
internal static class Roles
{
    public const string User = "user";
    public const string Developer = "developer";
    public const string Admin = "admin";

    /// <summary>
    /// Never stored: the command line running this server inside its own process, on its own machine. It may name files to import.
    /// </summary>
    public const string LocalOwner = "local_owner";

    public static IReadOnlyList<string> OfUser { get; } = [User];

    public static IReadOnlyList<string> OfDeveloper { get; } = [User, Developer];

    public static IReadOnlyList<string> OfAdmin { get; } = [User, Developer, Admin];

    public static IReadOnlyList<string> OfLocalOwner { get; } = [User, Developer, Admin, LocalOwner];

    public static IReadOnlyList<string> Of(UserRole role) => role switch
    {
        UserRole.Admin => OfAdmin,
        UserRole.Developer => OfDeveloper,
        _ => OfUser,
    };

    public static UserRole HighestOf(IReadOnlyList<string> roles) =>
        roles.Contains(Admin, StringComparer.Ordinal) ? UserRole.Admin
        : roles.Contains(Developer, StringComparer.Ordinal) ? UserRole.Developer
        : UserRole.User;

    /// <summary>The same roles in a list that everybody shares: who stays connected holds them as long.</summary>
    public static IReadOnlyList<string> Shared(IReadOnlyList<string> roles)
    {
        foreach (var known in new[] { OfUser, OfDeveloper, OfAdmin, OfLocalOwner })
        {
            if (known.SequenceEqual(roles, StringComparer.Ordinal))
                return known;
        }

        return roles;
    }

    /// <summary>The same in the words that clients of the Netra dialect read.</summary>
    public static IReadOnlyList<string> PermissionsOf(IReadOnlyList<string> roles) =>
        roles.Contains(Admin, StringComparer.Ordinal) ? ["read", "write", "admin"] : ["read", "write"];
}
