namespace Apex.Usage.Events;

/// <summary>The organisation whose usage log is read or written. Every read and write of the log takes it.</summary>
public readonly record struct TenantId(string Value)
{
    public override string ToString() => Value;
}
