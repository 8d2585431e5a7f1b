namespace Apex.Server.Tests.Answers;

/// <summary>A prompt cache without limit over the Mooncake trace, block by block, without a line of the product's.</summary>
internal static class CacheWitness
{
    private const long MinTokens = 1_024;

    /// <summary>Tokens of each prompt that the cache holds when it comes; each use renews a block.</summary>
    public static long[] Hits(IReadOnlyList<TraceFiles.Prompt> prompts, TimeSpan lifetime)
    {
        var sentAt = new Dictionary<long, long>();
        var hits = new long[prompts.Count];
        for (var i = 0; i < prompts.Count; i++)
        {
            var prompt = prompts[i];
            var found = prompt.Blocks.TakeWhile(block => sentAt.TryGetValue(block, out var at) && prompt.Ticks - at <= lifetime.Ticks).Count();
            foreach (var block in prompt.Blocks)
                sentAt[block] = prompt.Ticks;
            var hit = Math.Min((long)found * TraceFiles.BlockTokens, prompt.Input);
            hits[i] = hit < MinTokens ? 0 : hit;
        }

        return hits;
    }

    /// <summary>Input cost where what is found is read and the rest of a prompt long enough is written at so many times the input price.</summary>
    public static decimal InputUsd(IReadOnlyList<TraceFiles.Prompt> prompts, long[] hits, decimal writeUsd)
    {
        var price = TraceFiles.Price;
        return prompts.Zip(hits, (prompt, hit) => prompt.Input < MinTokens
            ? prompt.Input * price.Input
            : (hit * price.CacheRead) + ((prompt.Input - hit) * writeUsd)).Sum();
    }
}
