namespace Apex.Usage.Import.Formats;

/// <summary>Most rows have no flag at all, so they share one empty list.</summary>
internal static class Flags
{
    public static IReadOnlyList<string> Of(params ReadOnlySpan<string?> flags)
    {
        List<string>? set = null;
        foreach (var flag in flags)
        {
            if (flag is not null)
                (set ??= []).Add(flag);
        }

        return (IReadOnlyList<string>?)set ?? [];
    }
}
