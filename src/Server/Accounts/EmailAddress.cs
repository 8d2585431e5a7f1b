using System.Diagnostics.CodeAnalysis;
using System.Net.Mail;

namespace Apex.Server.Accounts;

/// <summary>One spelling per mailbox, so that an account cannot be made twice.</summary>
internal static class EmailAddress
{
    private const int MaxCharacters = 254;

    /// <summary>Trims, composes and lowers the text; refuses what is no plain address of at most 254 characters.</summary>
    public static bool TryNormalise(string? text, [NotNullWhen(true)] out string? email)
    {
        email = text?.Trim().Normalize().ToLowerInvariant();
        if (email is not { Length: > 2 and <= MaxCharacters }
            || email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            || !MailAddress.TryCreate(email, out var parsed)
            || parsed.Address != email
            || parsed.Host.StartsWith('.') || parsed.Host.EndsWith('.'))
        {
            email = null;
        }

        return email is not null;
    }
}
