using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Unicode;
using Apex.Usage.Events;

namespace Apex.Usage.Tools.ExactCache;

/// <summary>Which calls a cache of whole answers may serve, and when two of them ask for the same answer.</summary>
internal sealed class AnswerKey(bool perUser, bool anyTemperature)
{
    public const string NoPromptHash = "no_prompt_hash";

    private const int UsualBytes = 512;

    /// <summary>Null when the call may be served; else why not.</summary>
    public string? Refusal(UsageEvent call) =>
        call.PromptHash is null ? NoPromptHash
        : call.Status != CallStatus.Success || call.OutputTotal == 0 ? "not_successful"
        : !anyTemperature && call.Temperature is null ? "temperature_unknown"
        : !anyTemperature && call.Temperature > 0 ? "temperature_above_zero"
        : call.ToolCallCount > 0 ? "calls_tools"
        : call.ToolCallCount is null && call.ToolsHash is not null ? "tool_calls_unknown"
        : perUser && call.UserId is null ? "no_user"
        : null;

    /// <summary>Everything that shapes the answer and that the log knows: a hash of 128 bits, where collisions do not happen.</summary>
    public UInt128 Of(UsageEvent call)
    {
        Span<byte> bytes = stackalloc byte[UsualBytes];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        int written;
        while (!TryWrite(call, bytes, out written))
            bytes = new byte[bytes.Length * 2];
        SHA256.HashData(bytes[..written], hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private bool TryWrite(UsageEvent call, Span<byte> bytes, out int written) => Utf8.TryWrite(
        bytes, CultureInfo.InvariantCulture,
        $"{call.Operation}\u001f{call.Model}\u001f{call.PromptHash}\u001f{call.SystemHash}\u001f{call.ToolsHash}\u001f{call.Temperature}\u001f{call.TopP}\u001f{call.Seed}\u001f{call.MaxOutputRequested}\u001f{call.ChoiceCount}\u001f{(perUser ? call.UserId : null)}",
        out written);
}
