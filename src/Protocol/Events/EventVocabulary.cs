using System.Text.Json.Serialization;

namespace Apex.Protocol.Events;

[JsonConverter(typeof(SnakeCaseEnumConverter<Urgency>))]
public enum Urgency
{
    LowPriority,
    MediumPriority,
    HighPriority,
}

[JsonConverter(typeof(SnakeCaseEnumConverter<ToolCategory>))]
public enum ToolCategory
{
    General,
    InformationRetrieval,
    DataProcessing,
    DatabaseOperation,
    ContentCreation,
    Verification,
    PerformanceTuning,
    DataExport,
    DataImport,
}

[JsonConverter(typeof(SnakeCaseEnumConverter<DurationClass>))]
public enum DurationClass
{
    Short,
    Medium,
    Long,
}

/// <summary>What a repeat of the call would do: decides what happens after a crash without a receipt.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ToolEffect>))]
public enum ToolEffect
{
    Pure,
    Idempotent,
    Keyed,
    Once,
}

[JsonConverter(typeof(SnakeCaseEnumConverter<ToolStatus>))]
public enum ToolStatus
{
    Success,
    Error,
    Timeout,
    Cancelled,
    Denied,
}
