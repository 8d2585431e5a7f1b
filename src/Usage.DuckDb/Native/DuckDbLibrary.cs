using System.Reflection;
using System.Runtime.InteropServices;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb.Native;

/// <summary>Finds <c>libduckdb.so</c> beside the program, where the build puts it.</summary>
internal static class DuckDbLibrary
{
    internal const string Name = "duckdb";
    private const string FileName = "libduckdb.so";

    internal static void InstallResolver() =>
        NativeLibrary.SetDllImportResolver(typeof(DuckDbLibrary).Assembly, Resolve);

    private static nint Resolve(string libraryName, Assembly assembly, DllImportSearchPath? searchPath) =>
        libraryName == Name ? Load(AppContext.BaseDirectory) : 0;

    /// <exception cref="UsageLogException">The library is missing or does not fit this machine.</exception>
    internal static nint Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new UsageLogException(UsageLogFault.EngineMissing,
                $"{path} is missing, so the usage log cannot be opened. Run 'npm ci' in the project's native/ folder and build again.");
        }

        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new UsageLogException(UsageLogFault.EngineMissing,
                $"{path} cannot be loaded on this machine ({RuntimeInformation.RuntimeIdentifier}): {error.Message} " +
                "Remove native/node_modules, run 'npm ci' in native/ and build again.", error);
        }
    }
}
