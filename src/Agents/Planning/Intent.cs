namespace Apex.Agents.Planning;

/// <summary>What a question wants to know.</summary>
internal enum Intent
{
    /// <summary>Nothing we recognise: the answer offers what can be asked.</summary>
    Unknown,
    Help,
    Overview,
    Spend,
    SpendOverTime,
    Who,
    Anomaly,
    Trust,
    DataQuality,
    Tokens,
    Context,
    Caching,
    ModelChoice,
    Reduce,
    WhyUp,
    WhatIf,
    Repeats,
    Batch,
    Capacity,
    Latency,
    Budget,
    Verify,

    /// <summary>One or more analyses asked for by their own names or subjects.</summary>
    Tool,
}
