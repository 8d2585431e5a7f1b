namespace Apex.Storage.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("apex-storage-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
