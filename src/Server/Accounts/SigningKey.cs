using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Apex.Server.Accounts;

/// <summary>The key under which access tokens are signed: 256 random bits in the data folder, readable by the owner alone.</summary>
internal sealed class SigningKey
{
    private const string FileName = "token-signing.key";
    private const int KeyBytes = 32;

    /// <exception cref="InvalidDataException">The file is there but holds no key.</exception>
    public SigningKey(ApexServerOptions options)
    {
        var bytes = LoadOrCreate(Path.Combine(options.DataFolder, FileName));
        SecurityKey = new SymmetricSecurityKey(bytes);
        Credentials = new SigningCredentials(SecurityKey, SecurityAlgorithms.HmacSha256);
    }

    public SymmetricSecurityKey SecurityKey { get; }

    public SigningCredentials Credentials { get; }

    private static byte[] LoadOrCreate(string path)
    {
        if (!File.Exists(path))
            Create(path);

        var bytes = File.ReadAllBytes(path);
        return bytes.Length == KeyBytes
            ? bytes
            : throw new InvalidDataException(
                $"{path} holds {bytes.Length} bytes instead of a key of {KeyBytes}; restore it, or delete it to log everybody out.");
    }

    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Written beside and moved, so that a crash leaves no half key that would stop the next start.
        var draft = path + ".new";
        var create = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.WriteThrough };
        if (!OperatingSystem.IsWindows())
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, create))
            file.Write(RandomNumberGenerator.GetBytes(KeyBytes));
        File.Move(draft, path);
    }
}
