using Apex.Protocol.Ids;

namespace Apex.Protocol.Http;

/// <summary>How good the answers of this server are, by a sample of them.</summary>
/// <param name="Share">Of all answers that are scored, 0 to 1.</param>
/// <param name="Scored">Since the server started.</param>
/// <param name="Mean">Of the last <paramref name="Judged"/>; null before the first.</param>
/// <param name="Judged">How many the mean is of.</param>
/// <param name="Degraded">The operators were told that answers have become worse.</param>
/// <param name="Recent">The newest first.</param>
public sealed record QualityView(double Share, long Scored, double? Mean, int Judged, bool Degraded, IReadOnlyList<AnswerScoreView> Recent);

/// <summary>The score of one run's answer.</summary>
/// <param name="Score">0 to 1; 1 is an answer without a fault.</param>
/// <param name="Failed"><c>figures</c>, <c>recommendations</c>, <c>sources</c>, <c>headline</c> or <c>filler</c>.</param>
/// <param name="Faults">What is wrong, a sentence each.</param>
public sealed record AnswerScoreView(
    RunId RunId, UserId UserId, DateTimeOffset At, double Score, IReadOnlyList<string> Failed, IReadOnlyList<string> Faults);
