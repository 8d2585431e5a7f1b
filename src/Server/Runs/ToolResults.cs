using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Storage.Documents;
using Microsoft.Extensions.Options;

namespace Apex.Server.Runs;

/// <summary>Tool results too large for an event: stored apart before the event that refers to them.</summary>
internal sealed class ToolResults(IDocumentStore documents, IOptions<RunsOptions> options)
{
    /// <summary>Begins the names of all results.</summary>
    public const string Folder = "results/";

    private const int PreviewBytes = 500;

    /// <returns>The event itself, or one with a <see cref="ResultRef"/> in the result's place.</returns>
    public async ValueTask<ApexEvent> TakeOutAsync(HeldRun run, ApexEvent said, CancellationToken cancellationToken)
    {
        if (said is not ToolCompleted { Result: { } result } completed)
            return said;
        if (JsonMarshal.GetRawUtf8Value(result).Length <= options.Value.MaxInlineResultBytes)
            return said;

        var bytes = JsonMarshal.GetRawUtf8Value(result).ToArray();
        await documents.SaveAsync(run.OrganisationId, Name(run.User, run.Id, completed.ToolCallId), bytes, cancellationToken);
        var reference = new ResultRef(
            $"/api/runs/{Uri.EscapeDataString(run.Id.Value)}/results/{Uri.EscapeDataString(completed.ToolCallId)}",
            Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length, Preview(bytes));
        return completed with { Result = null, ResultRef = reference };
    }

    /// <summary>The caller has checked that the run is the user's own.</summary>
    public ValueTask<ReadOnlyMemory<byte>?> FindAsync(
        string organisationId, UserId user, RunId run, string toolCallId, CancellationToken cancellationToken) =>
        documents.FindAsync(organisationId, Name(user, run, toolCallId), cancellationToken);

    private static string Name(UserId user, RunId run, string toolCallId) => $"{Folder}{user}/{run}/{toolCallId}";

    /// <summary>Never cuts a character in two: a trailing partial one is dropped.</summary>
    private static string Preview(byte[] json)
    {
        var end = Math.Min(PreviewBytes, json.Length);
        while (end > 0 && end < json.Length && (json[end] & 0b1100_0000) == 0b1000_0000)
            end--;
        return Encoding.UTF8.GetString(json, 0, end);
    }
}
