namespace Apex.Server.Operations.Health;

/// <summary>A component does not do as it should.</summary>
/// <param name="message">Shown to whoever asks for the health: without anything secret.</param>
internal sealed class ComponentTroubleException(string message) : Exception(message);
