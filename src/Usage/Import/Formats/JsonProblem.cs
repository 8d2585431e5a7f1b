using System.Text.Json;

namespace Apex.Usage.Import.Formats;

/// <summary>What is wrong with a piece of JSON, without the place: the row's line is told anyway.</summary>
internal static class JsonProblem
{
    public static string Text(JsonException error)
    {
        var place = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (place < 0 ? error.Message : error.Message[..place]).TrimEnd('.', ' ');
    }
}
