using System.Collections.Frozen;
using System.Text.Json;

namespace Apex.Storage.Sqlite;

/// <summary>Enums in the file are the words of the wire: readable, and safe against reordering.</summary>
internal static class EnumWords<TEnum>
    where TEnum : struct, Enum
{
    private static readonly FrozenDictionary<TEnum, string> Words =
        Enum.GetValues<TEnum>().ToFrozenDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

    private static readonly FrozenDictionary<string, TEnum> Values =
        Words.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    public static string Of(TEnum value) => Words[value];

    public static TEnum Parse(string word) => Values[word];
}
