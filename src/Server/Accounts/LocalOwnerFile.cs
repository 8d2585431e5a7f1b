using System.Text.Json;
using System.Text.Json.Serialization;

namespace Apex.Server.Accounts;

/// <summary>
/// Lies in the data folder of a serving server, readable by the folder's owner alone: where the server listens, and a secret by which
/// the owner's command line logs in without a password. Made anew at each start.
/// </summary>
public sealed record LocalOwnerFile(Uri Address, int ProcessId, string Secret)
{
    private const string FileName = "owner.json";

    /// <returns>Null when no server announced itself in this folder, or it stopped.</returns>
    public static LocalOwnerFile? Find(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(path), LocalOwnerJson.Default.LocalOwnerFile)
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Half-written by a server that was killed, or another person's: either way it does not let us in.
            return null;
        }
    }

    internal void Write(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        JsonSerializer.Serialize(file, this, LocalOwnerJson.Default.LocalOwnerFile);
    }

    internal static void Remove(string dataFolder) => File.Delete(Path.Combine(dataFolder, FileName));

    public override string ToString() => $"{Address}, process {ProcessId}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LocalOwnerFile))]
internal sealed partial class LocalOwnerJson : JsonSerializerContext;
