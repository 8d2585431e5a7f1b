using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Apex.Testing;

namespace Apex.EndToEnd.Tests;

/// <summary>A command that believes it speaks with a person: it runs on a terminal of its own, by script(1) of Debian's bsdutils.</summary>
internal sealed partial class PseudoTerminal : IAsyncDisposable
{
    /// <summary>A command starts a runtime, and a machine may be slow.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly StringBuilder _shown = new();
    private readonly Task _reading;
    private int _read;

    private PseudoTerminal(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Everything shown so far, without colours and movements of the cursor.</summary>
    public string Shown
    {
        get
        {
            lock (_shown)
                return Controls().Replace(_shown.ToString(), "");
        }
    }

    /// <param name="arguments">Of <c>apex</c>; none holds a single quote.</param>
    public static PseudoTerminal Apex(params string[] arguments)
    {
        var words = string.Join(' ', ((string[])["dotnet", Path.Combine(AppContext.BaseDirectory, "apex.dll"), .. arguments]).Select(word => $"'{word}'"));
        var start = new ProcessStartInfo("script")
        {
            ArgumentList = { "--quiet", "--return", "--flush", "--command", words, "/dev/null" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        return new PseudoTerminal(Process.Start(start)!); // script is no document that an open program would show
    }

    /// <summary>Waits until the words are shown that were not there when the last such wait ended.</summary>
    public async Task UntilShownAsync(string words)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Find(words) < 0)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience || _process.HasExited && Find(words) < 0)
                Assert.Fail($"\"{words}\" was not shown, but:\n{Shown}");
            await Task.Delay(50);
        }

        _read = Find(words) + words.Length;
    }

    /// <summary>Types, as a keyboard does: Enter is a carriage return.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading.Within();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private int Find(string words)
    {
        var shown = Shown;
        return shown.IndexOf(words, Math.Min(_read, shown.Length), StringComparison.Ordinal);
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        for (int read; (read = await _process.StandardOutput.ReadAsync(buffer)) > 0;)
        {
            lock (_shown)
                _shown.Append(buffer, 0, read);
        }
    }

    [GeneratedRegex(@"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>78])|\r")]
    private static partial Regex Controls();
}
