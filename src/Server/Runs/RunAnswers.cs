using Apex.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs;

/// <summary>Tells whoever wants to know that a run has ended with an answer and all of it is stored.</summary>
internal sealed partial class RunAnswers(ILogger<RunAnswers> logger)
{
    /// <summary>Handlers must return at once.</summary>
    public event Action<AnsweredRunId>? Answered;

    public void Note(HeldRun run)
    {
        try
        {
            Answered?.Invoke(new AnsweredRunId(run.User, run.Id, run.OrganisationId));
        }
        catch (Exception fault)
        {
            // Who listens is no part of the run: its answer stands whatever they do.
            LogNotHeard(fault, run.Id.Value);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The answer of run {RunId} could not be told to whoever listens.")]
    private partial void LogNotHeard(Exception exception, string runId);
}

internal sealed record AnsweredRunId(UserId User, RunId Run, string OrganisationId);
