using System.Globalization;

namespace Apex.Server.Operations;

/// <summary>Holds the data folder for this process. The operating system lets go of it even when the process is killed.</summary>
internal sealed class DataFolderLock(ApexServerOptions options) : IDisposable
{
    private const string FileName = "apex.lock";

    private FileStream? _file;

    /// <exception cref="IOException">The folder cannot be written, or another server has it.</exception>
    public void Take()
    {
        Directory.CreateDirectory(options.DataFolder);
        var path = Path.Combine(options.DataFolder, FileName);
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            throw new IOException(
                $"the data folder {options.DataFolder} is in use by another server; stop that one or choose another folder with --data", e);
        }

        _file.SetLength(0);
        _file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        _file.Flush();
    }

    public void Dispose() => _file?.Dispose();
}
