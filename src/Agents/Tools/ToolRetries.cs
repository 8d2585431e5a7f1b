using System.Globalization;
using Apex.Agents.Dependencies;
using Apex.Protocol.Events;

namespace Apex.Agents.Tools;

/// <summary>
/// Makes a call again whose failure may pass, after pauses that double from a second to sixteen, with jitter. Never where trying again
/// changes nothing (authentication, permission, bad arguments, not found), and never where the call may happen only once: it may have
/// happened. What keeps failing is left alone by its breaker.
/// </summary>
internal sealed class ToolRetries(ToolDependencies dependencies, AgentsOptions options, TimeProvider time)
{
    /// <param name="tryOnce">Makes the call; what failed is in the receipt.</param>
    /// <param name="ends">Ends the pauses: the last failure is the result then.</param>
    public async Task<ToolReceipt> MakeAsync(ToolCall call, ToolDescription tool, Func<Task<ToolReceipt>> tryOnce, CancellationToken ends)
    {
        var dependency = tool.Dependency is { } name ? dependencies.Of(name) : null;
        for (var attempt = 1; ; attempt++)
        {
            var receipt = dependency is null ? await tryOnce()
                : dependency.TryEnter() is { } pass ? await TryAsync(dependency, pass, tryOnce)
                : ToolReceipt.Failed(dependency.Resting(call.Key.ToolName));
            if (!MayTryAgain(tool, receipt, attempt))
                return Counted(receipt, attempt);
            var pause = RetryPause.Of(attempt, options.ToolRetryDelay, receipt.Trouble!.RetryAfter); // a failure that may pass has its trouble
            if (pause > RetryPause.Longest || time.GetUtcNow() + pause >= call.Run.Deadline)
                return Counted(receipt, attempt);
            await call.Tell(string.Create(
                CultureInfo.InvariantCulture,
                $"{receipt.Error} {call.Key.ToolName} is tried again in {pause.TotalSeconds:0.#} s, {attempt + 1} of {options.ToolAttempts}."));
            await Task.Delay(pause, time, ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ends.IsCancellationRequested)
                return Counted(receipt, attempt);
            dependencies.NoteRetry();
        }
    }

    private bool MayTryAgain(ToolDescription tool, ToolReceipt receipt, int attempt) =>
        receipt.Trouble is { MayPass: true } && tool.Effect != ToolEffect.Once && attempt < options.ToolAttempts;

    private static async Task<ToolReceipt> TryAsync(ToolDependency dependency, CircuitBreaker.Pass pass, Func<Task<ToolReceipt>> tryOnce)
    {
        ToolReceipt receipt;
        try
        {
            receipt = await tryOnce();
        }
        catch
        {
            dependency.Left(pass);
            throw;
        }

        if (receipt.Trouble is { MayPass: true } or { WasSilent: true })
            dependency.Failed(pass);
        else if (receipt.Status == ToolStatus.Success || receipt.Trouble is { Fault: not null })
            dependency.Succeeded(pass);
        else
            dependency.Left(pass);
        return receipt;
    }

    private static ToolReceipt Counted(ToolReceipt receipt, int attempts) => attempts > 1 && receipt.Status == ToolStatus.Error
        ? receipt with { Error = string.Create(CultureInfo.InvariantCulture, $"{receipt.Error} It was tried {attempts} times.") }
        : receipt;
}
