using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;

namespace Apex.Server.Accounts;

/// <summary>
/// Hashes passwords. Slow on purpose, so only half the processors work at it at a time: a flood of log-ins must not stop the events
/// of those who are in. Safe for concurrent use.
/// </summary>
internal sealed class Passwords : IDisposable
{
    // The hasher is made for a type of user but looks at none.
    private static readonly object Anybody = new();

    private readonly PasswordHasher<object> _hasher = new();
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly string _nobodys = HashOfNothing();

    public async Task<string> HashAsync(string password, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => _hasher.HashPassword(Anybody, password), cancellationToken);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <param name="hash">Null for an account that does not exist or has no password: as much work is done, for an answer of false.</param>
    public async Task<PasswordVerificationResult> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        if (password.Length > PasswordRules.MaxCharacters)
            return PasswordVerificationResult.Failed;

        await _turns.WaitAsync(cancellationToken);
        try
        {
            var result = await Task.Run(() => _hasher.VerifyHashedPassword(Anybody, hash ?? _nobodys, password), cancellationToken);
            return hash is null ? PasswordVerificationResult.Failed : result;
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    /// <summary>A well-formed hash that no password has, in the hasher's own format, without the time of making a real one.</summary>
    private static string HashOfNothing()
    {
        const int SaltBytes = 16;
        const int KeyBytes = 32;
        var iterations = new PasswordHasherOptions().IterationCount;
        var bytes = RandomNumberGenerator.GetBytes(1 + 12 + SaltBytes + KeyBytes);
        bytes[0] = 1; // Format 3 of ASP.NET Core Identity, its marker being 1.
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), 2); // PBKDF2 with HMAC-SHA512.
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(5), (uint)iterations);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(9), SaltBytes);
        return Convert.ToBase64String(bytes);
    }
}
