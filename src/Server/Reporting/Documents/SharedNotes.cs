namespace Apex.Server.Reporting.Documents;

/// <summary>What is to be minded of the analyses: of several of them it is said once, with their numbers; of one alone beside it.</summary>
internal sealed class SharedNotes
{
    private readonly HashSet<string> _shared;

    public SharedNotes(IReadOnlyList<ReportBasis> basis)
    {
        All =
        [
            .. basis.SelectMany(one => Of(one).Select(note => (Note: note, one.Number)))
                .GroupBy(one => one.Note, one => one.Number, StringComparer.Ordinal)
                .Where(of => of.Count() > 1)
                .Select(of => (of.Key, (IReadOnlyList<int>)[.. of])),
        ];
        _shared = [.. All.Select(one => one.Note)];
    }

    public IReadOnlyList<(string Note, IReadOnlyList<int> Numbers)> All { get; }

    public IReadOnlyList<string> OwnOf(ReportBasis basis) => [.. Of(basis).Where(note => !_shared.Contains(note))];

    private static IEnumerable<string> Of(ReportBasis basis) => basis.Assumptions.Concat(basis.Caveats).Distinct(StringComparer.Ordinal);
}
