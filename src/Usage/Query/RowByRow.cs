using Apex.Usage.Events;

namespace Apex.Usage.Query;

/// <summary>The rows of batches, one by one.</summary>
public static class RowByRow
{
    public static async IAsyncEnumerable<UsageEvent> OfAsync(IAsyncEnumerable<IReadOnlyList<UsageEvent>> batches)
    {
        await foreach (var batch in batches)
            for (var i = 0; i < batch.Count; i++)
                yield return batch[i];
    }
}
