namespace Apex.Usage.Tools.EmptyOutput;

/// <summary>What <c>empty_output</c> found: input that was paid for and brought no answer, or an answer nobody waited for.</summary>
/// <param name="EmptyShare">Calls of all kinds below, of the calls that should have answered; its Wilson interval stands in <c>ci95</c>.</param>
/// <param name="WasteUsd">What those calls were billed: the lower of recorded and computed cost.</param>
/// <param name="WasteShare">Of the cost of all rows.</param>
/// <param name="Kinds">empty: success without output; blocked: stopped by a content filter; cancelled: broken off by the caller; unfinished: streamed, without an end.</param>
/// <param name="FailedCalls">Calls that failed; <c>retry_waste</c> weighs them, here they are left out.</param>
internal sealed record EmptyOutputResult(
    long AnswerableCalls,
    long EmptyCalls,
    double EmptyShare,
    decimal WasteUsd,
    double WasteShare,
    decimal? WastePerMonthUsd,
    IReadOnlyList<EmptyKind> Kinds,
    IReadOnlyList<EmptyGroup> Groups,
    int GroupsNotShown,
    long FailedCalls,
    long CallsWithoutOutputByNature);

internal sealed record EmptyKind(string Kind, long Calls, long InputTokens, long OutputTokens, decimal WasteUsd);

internal sealed record EmptyGroup(
    IReadOnlyDictionary<string, string?> Keys, long AnswerableCalls, long EmptyCalls, double EmptyShare, double EmptyShareLow, double EmptyShareHigh,
    decimal WasteUsd);
