namespace Apex.Server.Alerts;

/// <summary>Says that alerts were stored as broadcasts. Whoever sends broadcasts listens; this room does not know who that is.</summary>
internal sealed class AlertSignal
{
    public event Action? Raised;

    public void Raise() => Raised?.Invoke();
}
