using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Apex.Protocol.Ids;

namespace Apex.Agents.Execution;

/// <summary>
/// Ids within a run, made from what they name, so that a run that goes on after a crash speaks as the same agents. An attempt after
/// the first marks its tool calls, because the stream may already hold the end of the same call; its receipt is then told _again.
/// </summary>
internal sealed class RunIds(RunId run, int attempt)
{
    private readonly string _hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(run.Value)));
    private readonly string _again = attempt > 1 ? string.Create(CultureInfo.InvariantCulture, $"_a{attempt}") : "";

    private string Stem => _hash[..12];

    public string Invocation(int step) => string.Create(CultureInfo.InvariantCulture, $"inv_{Stem}_{step}");

    public string ToolCall(int step, int ordinal) => string.Create(CultureInfo.InvariantCulture, $"call_{Stem}_{step}_{ordinal}{_again}");

    /// <summary>The id the call had when the run was first tried.</summary>
    public static string OfFirstAttempt(string toolCallId)
    {
        var mark = toolCallId.LastIndexOf("_a", StringComparison.Ordinal);
        return mark > 0 && mark + 2 < toolCallId.Length && toolCallId.AsSpan(mark + 2).IndexOfAnyExceptInRange('0', '9') < 0
            ? toolCallId[..mark]
            : toolCallId;
    }

    /// <summary>Of the run's reply: known from the start, so that words can be shown as the reply's before there is one.</summary>
    public MessageId Reply => new($"msg_{_hash[..32]}");

    public string Support(int step) => string.Create(CultureInfo.InvariantCulture, $"{Stem}-{step}");

    /// <summary>What the run asks at this place. The same after a crash; another when other things are asked there.</summary>
    public ApprovalId Approval(int step, int ordinal, string asked) =>
        new(string.Create(CultureInfo.InvariantCulture, $"appr_{Stem}_{step}_{ordinal}_{asked[..12]}"));
}
