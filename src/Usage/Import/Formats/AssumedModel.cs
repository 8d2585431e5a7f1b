using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Import.Formats;

/// <summary>The model that traces without one are given on request; each row then says that it was assumed.</summary>
internal sealed class AssumedModel(string? model)
{
    private static readonly string[] AssumedFields = [UsageColumns.RequestModel];
    private static readonly string[] AssumedFlags = [QualityFlags.ModelAssumed];

    private readonly ModelName name = model is null ? default : ModelName.Read(model);

    /// <summary>Without a name when none is assumed.</summary>
    public ModelName Name => name;

    /// <summary>For rows that stay without a model.</summary>
    public string? Flag => model is null ? QualityFlags.ModelMissing : null;

    public IEnumerable<string> Sentences => model is null ? [] : [$"Every call is assumed to have gone to {model}, as the import asked."];

    public UsageEvent On(UsageEvent call) => model is null
        ? call
        : call with
        {
            RequestModel = name.Model,
            Provider = name.Provider,
            AssumedFields = call.AssumedFields.Count == 0 ? AssumedFields : [.. call.AssumedFields, .. AssumedFields],
            QualityFlags = call.QualityFlags.Count == 0 ? AssumedFlags : [.. call.QualityFlags, .. AssumedFlags],
        };
}
