namespace Apex.Usage.Prices;

/// <summary>A row with its arithmetic prepared.</summary>
internal sealed record PriceEntry(PriceRow Row, PriceTable Table);

/// <summary>All rows of one key in order of time, and which of them holds at a moment.</summary>
internal sealed class PriceTimeline
{
    private readonly long[] _starts;
    private readonly bool[] _removed;
    private readonly int[] _entryAt;

    private PriceTimeline(string key, IReadOnlyList<PriceRow> allRows, IReadOnlyList<PriceRow> rows)
    {
        Key = key;
        AllRows = allRows;
        _starts = rows.Select(row => row.EffectiveFrom.UtcTicks).ToArray();
        _removed = rows.Select(row => row.Removed).ToArray();

        var entries = new List<PriceEntry>();
        _entryAt = new int[rows.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            if (!rows[i].Removed)
                entries.Add(new PriceEntry(rows[i], new PriceTable(rows[i].Prices, rows[i].MaxInputTokens)));
            _entryAt[i] = entries.Count - 1;
        }

        Entries = entries;
    }

    public string Key { get; }

    /// <summary>Built-in and imported rows alike, so that later imports can be weighed against them.</summary>
    public IReadOnlyList<PriceRow> AllRows { get; }

    /// <summary>The priced rows, oldest first.</summary>
    public IReadOnlyList<PriceEntry> Entries { get; }

    /// <param name="rows">In order of arrival: of two with the same moment the later one wins, field by field.</param>
    public static PriceTimeline Of(string key, IReadOnlyList<PriceRow> rows)
    {
        var all = rows.GroupBy(row => (row.EffectiveFrom, row.BuiltIn))
            .Select(group => group.Aggregate(Join))
            .OrderBy(row => row.EffectiveFrom).ThenByDescending(row => row.BuiltIn).ToList();
        var imported = all.FirstOrDefault(row => !row.BuiltIn);
        var inForce = all.Where(row => !row.BuiltIn || imported is null || row.EffectiveFrom < imported.EffectiveFrom);
        return new PriceTimeline(key, all, inForce.ToList());
    }

    /// <summary>The entry in force; adds a flag when it is taken from before its time or after its removal.</summary>
    public PriceEntry At(DateTimeOffset at, List<string>? flags)
    {
        var index = Array.BinarySearch(_starts, at.UtcTicks);
        if (index < 0)
            index = ~index - 1;
        if (index < 0 || _entryAt[index] < 0)
        {
            flags?.Add(PriceFlags.Backfilled);
            return Entries[0];
        }

        if (_removed[index])
            flags?.Add(PriceFlags.Retired);
        return Entries[_entryAt[index]];
    }

    public DateTimeOffset? NextChangeAfter(DateTimeOffset at)
    {
        foreach (var start in _starts)
            if (start > at.UtcTicks)
                return new DateTimeOffset(start, TimeSpan.Zero);
        return null;
    }

    private static PriceRow Join(PriceRow older, PriceRow newer)
    {
        if (newer.Removed || older.Removed)
            return newer;
        var prices = new Dictionary<PriceField, decimal>(older.Prices);
        foreach (var (field, price) in newer.Prices)
            prices[field] = price;
        return newer with
        {
            Prices = prices,
            Provider = newer.Provider ?? older.Provider,
            MaxInputTokens = newer.MaxInputTokens ?? older.MaxInputTokens,
            MaxOutputTokens = newer.MaxOutputTokens ?? older.MaxOutputTokens,
            DeprecatedOn = newer.DeprecatedOn ?? older.DeprecatedOn,
            Abilities = newer.Abilities ?? older.Abilities,
        };
    }
}
