namespace Apex.Server.Accounts;

/// <summary>The log-in of an administrator that was created with a generated password. Show it once and keep it nowhere.</summary>
public sealed record FirstRunCredentials(string Email, string Password)
{
    public override string ToString() => $"{Email} with a password that is not printed";
}
