namespace Apex.Server.Operations.Health;

/// <summary>A part of the server that can be asked whether it works.</summary>
/// <param name="Required">Without it the server is not ready; without another one it is merely degraded.</param>
/// <param name="Ask">Does a small piece of real work; throws when that fails.</param>
internal sealed record ComponentProbe(string Name, bool Required, Func<CancellationToken, Task> Ask);
