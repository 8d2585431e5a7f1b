using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Demo;

/// <summary>Makes the rows day by day, so that any number of days needs the memory of one.</summary>
internal sealed class DemoRows
{
    private const int BlockTokens = 128;
    private const int UsersPerTeam = 12;

    // Factors of an office day by the hour, UTC; their sum is 24.
    private static readonly double[] OfficeShape =
        [0, 0, 0, 0, 0, 0.1, 0.4, 1.2, 2.4, 3.1, 3.0, 2.4, 1.7, 2.3, 2.6, 2.1, 1.4, 0.7, 0.3, 0.2, 0.1, 0, 0, 0];

    private readonly DemoOptions _options;
    private readonly DemoFeature _loop;
    private readonly int _anomalyDay;
    private readonly DemoDetails _details;

    public DemoRows(DemoOptions options)
    {
        _options = options;
        _details = new DemoDetails(options);
        var random = new DemoRandom(Seed(options.Seed, 0, 99));
        // Late enough for a past of like weekdays, where the log is long enough.
        _anomalyDay = options.Days > 42 ? 35 + random.Below(options.Days - 41) : Math.Max(0, options.Days - 3);
        _loop = DemoFeature.All[random.Below(2)];
    }

    public DemoTruth Truth => new(
        _options.FirstDay.AddDays(_anomalyDay), _loop.Name, LoopFactor,
        string.Create(CultureInfo.InvariantCulture, $"{_anomalyDay}-outlier"));

    private static double LoopFactor => 9;

    public IEnumerable<UsageEvent> All()
    {
        var rows = new List<UsageEvent>();
        for (var day = 0; day < _options.Days; day++)
        {
            rows.Clear();
            for (var feature = 0; feature < DemoFeature.All.Count; feature++)
                AddDay(rows, day, feature);
            if (_options.PlantAnomaly && day == _anomalyDay)
                rows.Add(Outlier(day));
            rows.Sort(static (left, right) =>
            {
                var byTime = left.StartedAt.CompareTo(right.StartedAt);
                return byTime != 0 ? byTime : string.CompareOrdinal(left.SourceId, right.SourceId);
            });
            var cache = new DemoCache();
            foreach (var row in rows)
                yield return row.CostRecorded is null ? Recorded(cache.Apply(row)) : row;
        }
    }

    private void AddDay(List<UsageEvent> rows, int day, int featureIndex)
    {
        var feature = DemoFeature.All[featureIndex];
        var random = new DemoRandom(Seed(_options.Seed, day, featureIndex));
        var date = _options.FirstDay.AddDays(day);
        var isWeekend = date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
        // A slow growth of 10 % a quarter and 7 % of noise from day to day.
        var level = feature.CallsPerDay * _options.Scale * (isWeekend ? feature.WeekendShare : 1)
            * (1 + (0.10 * day / 90)) * Math.Max(0.5, 1 + (0.07 * random.Normal()));
        if (_options.PlantAnomaly && day == _anomalyDay && feature == _loop)
            level *= LoopFactor;

        var calls = (int)level + (random.Share() < level - (int)level ? 1 : 0);
        var midnight = new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        for (var made = 0; made < calls;)
        {
            var turns = Math.Min(calls - made, feature.Turns == 1 ? 1 : 1 + random.Below((2 * feature.Turns) - 1));
            AddConversation(rows, ref random, feature, midnight, new DemoPlace(day, featureIndex, made), turns);
            made += turns;
        }
    }

    private void AddConversation(
        List<UsageEvent> rows, ref DemoRandom random, DemoFeature feature, DateTimeOffset midnight, DemoPlace place, int turns)
    {
        var at = midnight.AddSeconds(SecondOfDay(ref random, feature));
        var conversation = string.Create(CultureInfo.InvariantCulture, $"c{place.Day}-{place.Feature}-{place.Number}");
        var user = string.Create(CultureInfo.InvariantCulture, $"{feature.Team}-{1 + random.Below(UsersPerTeam)}");
        var details = _details.Of(feature, place);
        long history = 0;
        for (var turn = 0; turn < turns; turn++)
        {
            var input = feature.PrefixTokens + history + random.Tokens(feature.MeanInputTokens / Math.Max(1, feature.Turns / 2));
            var output = random.Tokens(feature.MeanOutputTokens);
            var prompt = details.Prompt(turn, input);
            (input, output) = (prompt.InputTokens, details.Output(output));
            var talk = new Talk(
                conversation, user, turn + 1, _options.WithPrefixHashes ? Blocks(prompt.Owner, place.Feature, input, feature.PrefixTokens) : null);
            var call = details.Fill(
                Call(ref random, feature, place with { Number = place.Number + turn }, at, input, output, talk), turn == turns - 1, prompt);
            if (random.Share() < feature.ErrorShare)
            {
                var failed = details.Failed(call);
                rows.Add(failed);
                var wait = details.RetryWait(failed);
                call = call with
                {
                    Attempt = 2, StartedAt = call.StartedAt + wait, FirstTokenAt = call.FirstTokenAt + wait, EndedAt = call.EndedAt + wait,
                    ParentEventId = failed.EventId,
                };
            }

            rows.Add(call);
            history = input - feature.PrefixTokens + output;
            at = at.AddSeconds(20 + random.Below(150)) + details.Pause(turn);
        }
    }

    private static UsageEvent Call(
        ref DemoRandom random, DemoFeature feature, DemoPlace place, DateTimeOffset at, long input, int output, Talk? talk)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{place.Day}-{place.Feature}-{place.Number}");
        var firstToken = 180 + (input / 40) + random.Below(220);
        return new UsageEvent
        {
            EventId = DemoOrganisation.EventIdPrefix + id,
            Source = DemoOrganisation.Source,
            SourceId = id,
            StartedAt = at,
            FirstTokenAt = at.AddMilliseconds(firstToken),
            EndedAt = at.AddMilliseconds(firstToken + (output * 14L)),
            Provider = feature.Provider,
            RequestModel = feature.Model,
            Stream = !feature.IsBatch,
            InUncached = input,
            OutVisible = output,
            FinishReason = "stop",
            TeamId = feature.Team,
            Feature = feature.Name,
            Environment = "production",
            BatchableHint = feature.IsBatch ? true : null,
            Tags = DemoDetails.Tags,
            UserId = talk?.User,
            ConversationId = talk?.Conversation,
            Turn = talk?.Turn,
            PrefixBlockHashes = talk?.Blocks,
            BlockSize = talk?.Blocks is null ? null : BlockTokens,
        };
    }

    /// <summary>The made-up gateway books every call at list price.</summary>
    private static UsageEvent Recorded(UsageEvent call) =>
        call with { CostRecorded = PriceBook.Builtin.Price(call).List, CostRecordedCurrency = "USD" };

    private UsageEvent Outlier(int day)
    {
        var random = new DemoRandom(Seed(_options.Seed, day, 98));
        var at = new DateTimeOffset(_options.FirstDay.AddDays(day).ToDateTime(new TimeOnly(15, 30)), TimeSpan.Zero);
        return Call(ref random, _loop, new DemoPlace(day, 0, 0), at, 2_000, 12, null) with
        {
            EventId = DemoOrganisation.EventIdPrefix + Truth.OutlierSourceId, SourceId = Truth.OutlierSourceId, CostRecorded = new NanoDollars(4_000 * NanoDollars.PerDollar),
        };
    }

    /// <summary>The stable beginning has the same hashes in every call of the feature; a conversation repeats its own past.</summary>
    private static long[] Blocks(long owner, int feature, long input, int prefixTokens)
    {
        var blocks = new long[(input + BlockTokens - 1) / BlockTokens];
        var stable = prefixTokens / BlockTokens;
        for (var i = 0; i < blocks.Length; i++)
            blocks[i] = i < stable ? -1 - (((long)feature << 20) | (uint)i) : owner | (uint)i;
        return blocks;
    }

    private static int SecondOfDay(ref DemoRandom random, DemoFeature feature)
    {
        if (feature.IsBatch)
            return 7_200 + random.Below(3_600);
        if (!feature.OfficeHours)
            return random.Below(86_400 - 7_200);
        var pick = random.Share() * 24;
        var hour = 0;
        while (hour < 23 && (pick -= OfficeShape[hour]) >= 0)
            hour++;
        return (hour * 3_600) + random.Below(3_600);
    }

    private static ulong Seed(int seed, int day, int feature) =>
        ((ulong)(uint)seed << 32) ^ ((ulong)(uint)day << 8) ^ (uint)feature;

    /// <summary>What the turns of a conversation share, and this turn's prompt.</summary>
    private sealed record Talk(string Conversation, string User, int Turn, long[]? Blocks);
}
