using System.Globalization;

namespace Apex.Storage.Sqlite;

/// <summary>
/// Holds a data folder for one server. The lock is the operating system's on an open file, so it ends with the process however that
/// ends; the process id beside it only serves the message to the second one.
/// </summary>
public sealed class DataFolderLock : IDisposable
{
    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    /// <exception cref="StorageOpenException">Another server holds the folder, or it cannot be written.</exception>
    public static DataFolderLock Take(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        FileStream? file = null;
        try
        {
            CreatePrivate(folder);
            file = Open(folder);
            File.WriteAllText(OwnerPath(folder), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new DataFolderLock(file);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new StorageOpenException(
                $"The data folder {folder} cannot be written: {failed.Message} Choose another with --data.", failed);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Conversations and accounts are nobody else's business; a folder that exists keeps the mode its owner gave it.</summary>
    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static FileStream Open(string folder)
    {
        var path = Path.Combine(folder, "apex.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (File.Exists(path))
        {
            throw new StorageOpenException(
                $"The data folder {folder} is in use by another Apex server ({Owner(folder)}). Stop it, or choose another folder with --data.",
                taken);
        }
    }

    private static string Owner(string folder) =>
        File.Exists(OwnerPath(folder)) ? $"process {File.ReadAllText(OwnerPath(folder))}" : "its process is unknown";

    /// <summary>A file of its own: on Unix nobody else can read the locked one.</summary>
    private static string OwnerPath(string folder) => Path.Combine(folder, "apex.pid");
}
