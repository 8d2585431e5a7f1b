using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>What one analysis found, in one to three sentences.</summary>
/// <param name="IsSomething">False where it looked and there was nothing: told in a line, without tables.</param>
internal sealed record Finding(bool IsSomething, IReadOnlyList<Prose> Sentences)
{
    public static Finding Of(params Prose[] sentences) => new(IsSomething: true, sentences);

    public static Finding Nothing(params Prose[] sentences) => new(IsSomething: false, sentences);
}
