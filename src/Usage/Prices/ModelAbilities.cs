namespace Apex.Usage.Prices;

/// <summary>Abilities of models that a change of model must not lose.</summary>
public static class ModelAbilities
{
    public const string Tools = "tools";
    public const string Vision = "vision";
    public const string Audio = "audio";
    public const string Schema = "schema";
    public const string Reasoning = "reasoning";

    public static IReadOnlyList<string> All { get; } = [Tools, Vision, Audio, Schema, Reasoning];
}

/// <summary>What the price book knows of a model beside its prices: of every fact the newest that was told.</summary>
/// <param name="Abilities">See <see cref="ModelAbilities"/>; null when not told.</param>
public sealed record ModelFacts(string Key, string? Provider, int? MaxInputTokens, IReadOnlyList<string>? Abilities);
