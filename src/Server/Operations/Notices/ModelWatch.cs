using System.Threading.Channels;
using Apex.Agents.ChatModels;
using Apex.Protocol.Events;
using Apex.Server.Operations.Health;
using Microsoft.Extensions.Hosting;

namespace Apex.Server.Operations.Notices;

/// <summary>
/// Tells users and operators that a chat model does not answer, when it is asked again, and that it answers again. What is done about it,
/// retries, the second model, the planner, is the agents' own business.
/// </summary>
internal sealed class ModelWatch : BackgroundService
{
    private const int MaxWaiting = 1_000;

    private readonly Channel<ModelCondition> _changes = Channel.CreateBounded<ModelCondition>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly ModelConditions _models;
    private readonly OperatorNotices _operators;
    private readonly UserNotices _users;

    public ModelWatch(ModelConditions models, OperatorNotices operators, UserNotices users)
    {
        (_models, _operators, _users) = (models, operators, users);
        models.Changed += Note;
    }

    /// <summary>Without a model answers are computed all the same: degraded, never not ready.</summary>
    public static ComponentProbe Probe(ModelConditions models) => new("chat_models", Required: false, _ => models.Resting is [var first, ..]
        ? Task.FromException(new ComponentTroubleException($"{first.Model}: {first.Reason}."))
        : Task.CompletedTask);

    public override void Dispose()
    {
        _models.Changed -= Note;
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var change in _changes.Reader.ReadAllAsync(stoppingToken))
                await TellAsync(change, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next server finds out for itself.
            return;
        }
    }

    private void Note(ModelCondition change) => _changes.Writer.TryWrite(change);

    private async Task TellAsync(ModelCondition change, CancellationToken cancellationToken)
    {
        var component = "model:" + change.Model;
        if (change.Rests)
        {
            var what = $"The chat model {change.Model} does not answer: {change.Reason}.";
            _users.Degraded(
                component, $"{what} Questions are answered without it meanwhile; the first one after its rest asks it again.", change.Rest);
            if (_told.Add(change.Model))
            {
                await _operators.TellAnywayAsync(
                    new SystemDegraded(component, what, (long)change.Rest.TotalMilliseconds), cancellationToken);
            }
        }
        else
        {
            _users.Recovered(component, $"The chat model {change.Model} answers again.");
            if (_told.Remove(change.Model))
                await _operators.TellAnywayAsync(new SystemRecovered(component, $"The chat model {change.Model} answers again."), cancellationToken);
        }
    }
}
