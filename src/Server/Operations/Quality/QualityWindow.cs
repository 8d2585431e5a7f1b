using Apex.Protocol.Http;

namespace Apex.Server.Operations.Quality;

/// <summary>
/// The scores of the last answers, and whether they have become worse: the mean of the last <see cref="Judged"/> lies below
/// <see cref="Floor"/>, or by more than <see cref="MostFall"/> below what went before. Safe for concurrent use.
/// </summary>
internal sealed class QualityWindow
{
    /// <summary>Fewer say nothing.</summary>
    public const int Judged = 20;
    public const double Floor = 0.8;
    public const double MostFall = 0.1;
    private const int Kept = 220;

    private readonly Lock _lock = new();
    private readonly LinkedList<AnswerScoreView> _scores = [];
    private bool _isWorse;

    public long Scored { get; private set; }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<AnswerScoreView> Recent
    {
        get
        {
            lock (_lock)
                return [.. _scores];
        }
    }

    public bool IsWorse
    {
        get
        {
            lock (_lock)
                return _isWorse;
        }
    }

    /// <summary>Of the last; null before the first.</summary>
    public double? Mean
    {
        get
        {
            lock (_lock)
                return _scores.Count == 0 ? null : Math.Round(_scores.Take(Judged).Average(score => score.Score), 3);
        }
    }

    /// <returns>True when answers have become worse with this one, false when they are good again; null when nothing changed.</returns>
    public bool? Add(AnswerScoreView score)
    {
        lock (_lock)
        {
            Scored++;
            _scores.AddFirst(score);
            if (_scores.Count > Kept)
                _scores.RemoveLast();
            if (_scores.Count < Judged)
                return null;
            var last = _scores.Take(Judged).Average(one => one.Score);
            var before = _scores.Skip(Judged).Select(one => one.Score).DefaultIfEmpty(last).Average();
            var isWorse = last < Floor || before - last > MostFall;
            if (isWorse == _isWorse)
                return null;
            return _isWorse = isWorse;
        }
    }
}
