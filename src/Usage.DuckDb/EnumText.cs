namespace Apex.Usage.DuckDb;

/// <summary>How tiers and states stand in the log: the name in lower case.</summary>
internal static class EnumText<T>
    where T : struct, Enum
{
    private static readonly Dictionary<T, string> TextOf =
        Enum.GetValues<T>().ToDictionary(value => value, value => value.ToString().ToLowerInvariant());

    private static readonly Dictionary<string, T> ValueOf = TextOf.ToDictionary(pair => pair.Value, pair => pair.Key);

    internal static string Of(T value) => TextOf[value];

    /// <summary>An empty text, which stands for a column that was not read, is the default.</summary>
    internal static T Parse(string text) => text.Length == 0 ? default : ValueOf[text];
}
