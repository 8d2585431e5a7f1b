using System.Globalization;
using System.Text.Json;
using Apex.Testing;
using Apex.Usage.Events;

namespace Apex.Usage.Tests.Tools;

/// <summary>Rows of the shared traces, read by these few lines alone, so that tests do not rest on the importers.</summary>
internal static class SharedRows
{
    /// <summary>Mooncake, FAST'25: an hour of a chat service, blocks of 512 tokens.</summary>
    public static IEnumerable<UsageEvent> Mooncake()
    {
        var start = DateTimeOffset.Parse("2025-01-01Z", CultureInfo.InvariantCulture);
        var number = 0;
        foreach (var line in File.ReadLines(SharedData.MooncakeConversation))
        {
            using var row = JsonDocument.Parse(line);
            yield return new UsageEvent
            {
                EventId = $"m{number:00000}", Source = "mooncake", SourceId = $"{number++:00000}",
                StartedAt = start.AddMilliseconds(row.RootElement.GetProperty("timestamp").GetInt64()),
                InUncached = row.RootElement.GetProperty("input_length").GetInt64(),
                OutVisible = row.RootElement.GetProperty("output_length").GetInt64(),
                PrefixBlockHashes = row.RootElement.GetProperty("hash_ids").EnumerateArray().Select(id => id.GetInt64()).ToList(),
                BlockSize = 512,
            };
        }
    }

    /// <summary>Azure Public Dataset 2023 (Splitwise, ISCA'24): an hour of a code-completion service.</summary>
    public static IEnumerable<UsageEvent> AzureCode()
    {
        var number = 0;
        foreach (var line in File.ReadLines(SharedData.AzureCode).Skip(1))
        {
            var cells = line.Split(',');
            yield return new UsageEvent
            {
                EventId = $"z{number:00000}", Source = "azure", SourceId = $"{number++:00000}",
                StartedAt = DateTimeOffset.Parse(cells[0] + "Z", CultureInfo.InvariantCulture),
                InUncached = long.Parse(cells[1], CultureInfo.InvariantCulture),
                OutVisible = long.Parse(cells[2], CultureInfo.InvariantCulture),
            };
        }
    }
}
