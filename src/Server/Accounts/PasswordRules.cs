using System.Collections.Frozen;

namespace Apex.Server.Accounts;

/// <summary>Which passwords are too easy. Length counts more than odd characters, so there are no rules about those.</summary>
internal static class PasswordRules
{
    public const int MinCharacters = 10;

    /// <summary>Longer ones would only make the server hash more.</summary>
    public const int MaxCharacters = 256;

    private const int MinDifferentCharacters = 5;

    /// <summary>Those that stand highest in published lists of leaked passwords and are long enough to pass the other rules.</summary>
    private static readonly FrozenSet<string> TooCommon = new[]
    {
        "1234567890", "12345678910", "0123456789", "0987654321", "9876543210", "1234567891", "123456789a", "a123456789", "q123456789",
        "123123123123", "1q2w3e4r5t", "1q2w3e4r5t6y", "q1w2e3r4t5", "q1w2e3r4t5y6", "1qaz2wsx3edc", "qwertyuiop", "qwertyuiop1",
        "qwerty12345", "qwerty123456", "1234qwerasdf", "asdfghjkl1", "asdfghjkl;", "zxcvbnm123", "password12", "password123", "password1234",
        "password12345", "passw0rd123", "p@ssw0rd123", "p@ssword123", "mypassword", "yourpassword", "newpassword", "changeme123",
        "changemenow", "letmein123", "welcome123", "welcome1234", "iloveyou12", "iloveyou123", "ilovejesus", "sunshine123", "princess123",
        "football123", "baseball123", "basketball", "superman123", "administrator", "admin12345", "admin123456", "adminadmin", "rootrootroot",
        "testtesttest", "secret12345", "abcdefghij", "abcdefghijk", "abc1234567", "abcd123456", "aa123456789", "abc123abc123",
        "correcthorsebatterystaple", "trustno1trustno1",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <returns>What is wrong, as a sentence for the user; null when the password may be used.</returns>
    public static string? FaultOf(string password, string email)
    {
        if (password.Length < MinCharacters)
            return $"The password has {password.Length} characters; it needs at least {MinCharacters}.";
        if (password.Length > MaxCharacters)
            return $"The password has {password.Length} characters; at most {MaxCharacters} are allowed.";
        if (password.Equals(email, StringComparison.OrdinalIgnoreCase)
            || password.Equals(email.Split('@')[0], StringComparison.OrdinalIgnoreCase))
            return "The password is the e-mail address; choose another.";
        if (password.ToLowerInvariant().Distinct().Count() < MinDifferentCharacters)
            return $"The password repeats too few characters; it needs at least {MinDifferentCharacters} different ones.";
        return TooCommon.Contains(password) ? "The password is among the first that attackers try; choose another." : null;
    }
}
