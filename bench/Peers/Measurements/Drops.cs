using System.Diagnostics;
using Apex.Bench.Peers.Servers;

namespace Apex.Bench.Peers.Measurements;

/// <param name="Delivered">Share of what was published to them.</param>
/// <param name="Recovered">Returns after which the server went on where the client was.</param>
/// <param name="Resume">From the return to having everything that was published before it; only of those recovered.</param>
internal sealed record DropsOfKind(double Delivered, int Returns, int Recovered, long Repeated, Percentiles Resume);

internal sealed record DropsCost(DropsOfKind Reset, DropsOfKind HalfOpen);

/// <summary>
/// A hundred users at twenty events a second each, up for about three seconds and then away for half a second to two, again and again. Half of
/// them lose the connection by a reset; the others leave it open without a word, as a telephone does that moves to another network.
/// </summary>
internal static class Drops
{
    private const int Users = 100;
    private const int PerSecond = 20;
    private const int Seed = 20_26;

    public static async Task<DropsCost> RunAsync(Peer peer, PeerCache cache, Settings settings)
    {
        await using var server = await peer.Start(cache);
        var dialect = peer.Dialect();
        using var crowd = new Crowd(server, dialect, Users, Settings.MessageBytes);
        crowd.Loop.Spins = true;
        crowd.Open(Users, static number => number);
        // Some can only take up again what has begun.
        for (var stream = 0; stream < Users; stream++)
            crowd.Publish(stream);
        crowd.Loop.RunUntil(() => crowd.Delivered == crowd.Published, TimeSpan.FromSeconds(10));
        var random = new Random(Seed);
        var travellers = crowd.Subscribers.Select(one => new Traveller(crowd, one, dialect.Recovers, random)).ToArray();
        crowd.OnArrived = (subscriber, _) => travellers[subscriber.Number].Arrived();

        var pace = new Pace(crowd, Users * PerSecond, static n => (int)(n % Users));
        crowd.Loop.RunFor(settings.Drops, () =>
        {
            pace.Publish();
            foreach (var traveller in travellers)
                traveller.Turn(mayLeave: true);
        });
        crowd.Loop.RunUntil(
            () => travellers.All(traveller => traveller.HasEverything || (traveller.IsBack && !dialect.Recovers)),
            TimeSpan.FromSeconds(10), () => Array.ForEach(travellers, static traveller => traveller.Turn(mayLeave: false)));
        crowd.Loop.RunFor(TimeSpan.FromSeconds(0.5));
        return new DropsCost(Of(crowd, travellers, halfOpen: false), Of(crowd, travellers, halfOpen: true));
    }

    private static DropsOfKind Of(Crowd crowd, Traveller[] all, bool halfOpen)
    {
        var travellers = all.Where(one => one.LeavesHalfOpen == halfOpen).ToArray();
        var resume = new Latencies();
        foreach (var sample in travellers.SelectMany(static one => one.Resumes))
            resume.Add(sample);
        var published = travellers.Sum(one => crowd.PublishedOn(one.Subscriber.Stream));
        return new DropsOfKind(
            travellers.Sum(static one => one.Subscriber.Delivered) / (double)published, travellers.Sum(static one => one.Returns),
            travellers.Sum(static one => one.Recovered), travellers.Sum(static one => one.Subscriber.Repeated), resume.Read());
    }

    /// <summary>A subscriber whose network comes and goes.</summary>
    private sealed class Traveller(Crowd crowd, Subscriber subscriber, bool recovers, Random random)
    {
        private static readonly TimeSpan BeforeTryingAgain = TimeSpan.FromMilliseconds(100);

        private readonly List<TimeSpan> _resumes = [];
        private long _next = After(TimeSpan.FromSeconds(random.NextDouble() * 3.5));
        private bool _isAway;
        private bool _isReturning;
        private long _returned;
        private long _owed;

        public Subscriber Subscriber => subscriber;

        public bool LeavesHalfOpen => subscriber.Number % 2 == 1;

        public int Returns { get; private set; }

        public int Recovered { get; private set; }

        public IEnumerable<TimeSpan> Resumes => _resumes;

        public bool IsBack => !_isAway && subscriber.IsReady;

        public bool HasEverything => IsBack && !_isReturning && subscriber.Last == crowd.PublishedOn(subscriber.Stream);

        public void Turn(bool mayLeave)
        {
            if (_isReturning && subscriber.IsReady)
                Return();
            if (subscriber.IsEnded && !_isAway)
                Leave(BeforeTryingAgain);
            if (Stopwatch.GetTimestamp() < _next)
                return;
            if (_isAway)
                ComeBack();
            else if (mayLeave && IsBack && !_isReturning)
                Leave(TimeSpan.FromSeconds(0.5 + random.NextDouble() * 1.5));
        }

        public void Arrived()
        {
            if (_isReturning && subscriber.IsReady)
                Return();
        }

        private void Leave(TimeSpan time)
        {
            crowd.Lose(subscriber, reset: !LeavesHalfOpen);
            (_isAway, _isReturning, _next) = (true, false, After(time));
        }

        private void ComeBack()
        {
            Returns++;
            (_isAway, _isReturning, _returned, _owed) = (false, true, Stopwatch.GetTimestamp(), crowd.PublishedOn(subscriber.Stream));
            crowd.Connect(subscriber, again: recovers);
        }

        /// <summary>Once it has what was published before it came back; or at once, where nobody will give it that.</summary>
        private void Return()
        {
            if (subscriber is { IsRecovered: true } && subscriber.Last < _owed)
                return;
            if (subscriber.IsRecovered)
            {
                Recovered++;
                _resumes.Add(Stopwatch.GetElapsedTime(_returned));
            }

            _isReturning = false;
            _next = After(TimeSpan.FromSeconds(2.5 + random.NextDouble()));
        }

        private static long After(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    }
}
