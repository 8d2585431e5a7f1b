using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.Burstiness;

/// <summary>Calls and tokens by the hours of the week.</summary>
internal sealed class WeekHeat
{
    private const int HoursOfWeek = 7 * 24;

    private readonly long[] _requests = new long[HoursOfWeek];
    private readonly long[] _tokens = new long[HoursOfWeek];

    public void Add(UsageEvent call)
    {
        var slot = Slot(call.StartedAt);
        _requests[slot]++;
        _tokens[slot] += call.InputTotal + call.OutputTotal;
    }

    public IReadOnlyList<HeatCell> Cells(DateTimeOffset first, DateTimeOffset last)
    {
        var hours = (long)((Hour(last) - Hour(first)).TotalHours + 1);
        var from = Slot(first);
        return Enumerable.Range(0, HoursOfWeek).Select(slot =>
        {
            // How many hours of this kind the rows span: each whole week holds one.
            var offset = (slot - from + HoursOfWeek) % HoursOfWeek;
            var spanned = offset >= hours ? 0 : 1 + ((hours - offset - 1) / HoursOfWeek);
            return new HeatCell(
                1 + (slot / 24), slot % 24, _requests[slot], spanned == 0 ? 0 : Figures.Number((double)_requests[slot] / spanned), _tokens[slot]);
        }).ToList();
    }

    private static int Slot(DateTimeOffset at) => ((((int)at.UtcDateTime.DayOfWeek + 6) % 7) * 24) + at.UtcDateTime.Hour;

    private static DateTime Hour(DateTimeOffset at) => at.UtcDateTime.Date.AddHours(at.UtcDateTime.Hour);
}
