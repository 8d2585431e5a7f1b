using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol.Http;

namespace Apex.Cli.Access;

/// <summary>The log-in that <c>apex login</c> keeps for later commands, readable by its owner only.</summary>
internal sealed record SavedLogIn(Uri Server, string RefreshToken, UserView User)
{
    private static string FilePath => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "apex", "login.json");

    /// <returns>Null when nobody logged in here.</returns>
    /// <exception cref="CommandFailedException">The file is there but unreadable.</exception>
    public static SavedLogIn? Find()
    {
        if (!File.Exists(FilePath))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(FilePath), SavedLogInJson.Default.SavedLogIn);
        }
        catch (JsonException)
        {
            throw new CommandFailedException(ExitCode.NotAllowed, $"{FilePath} is damaged; log in again with: apex login");
        }
    }

    public void Save()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        var fresh = FilePath + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(fresh, options))
            JsonSerializer.Serialize(file, this, SavedLogInJson.Default.SavedLogIn);

        // A refresh token works once: a crash between writing and renaming must leave one whole file or the other.
        File.Move(fresh, FilePath, overwrite: true);
    }

    public static bool Forget()
    {
        var existed = File.Exists(FilePath);
        File.Delete(FilePath);
        return existed;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SavedLogIn))]
internal sealed partial class SavedLogInJson : JsonSerializerContext;
