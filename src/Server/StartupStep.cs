using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server;

/// <summary>The seven phases of a start, in order.</summary>
internal enum StartupPhase
{
    /// <summary>Options, data folder, keys.</summary>
    Init,

    /// <summary>Native libraries and whatever else must be there.</summary>
    Dependencies,

    /// <summary>Stores are opened and migrated.</summary>
    Database,

    /// <summary>The hot window is ready.</summary>
    Cache,

    /// <summary>Background work of the rooms has started; it may use every store.</summary>
    Services,

    /// <summary>The server listens.</summary>
    Websocket,

    /// <summary>First administrator, last checks.</summary>
    Finalize,
}

/// <summary>Work a room has to do before the server is ready. A step that throws stops the start.</summary>
/// <param name="Name">In the words of an operator: it stands in the line that says what failed.</param>
internal sealed record StartupStep(StartupPhase Phase, string Name, Func<CancellationToken, Task> Run);

internal static class StartupStepSetup
{
    /// <summary>
    /// Adds a step. Steps of one phase run in the order they were added, those before <see cref="StartupPhase.Services"/> ahead of
    /// every hosted service. The services a step needs are made when it is its turn.
    /// </summary>
    public static IServiceCollection AddStartupStep(
        this IServiceCollection services, StartupPhase phase, string name, Func<IServiceProvider, CancellationToken, Task> run) =>
        services.AddSingleton(provider => new StartupStep(phase, name, cancellationToken => run(provider, cancellationToken)));
}

/// <summary>The server could not start. The message is one line that names the phase, the step and the reason.</summary>
public sealed class StartupFailedException(string message, Exception inner) : Exception(message, inner);
