namespace Apex.Agents.Planning;

/// <summary>Tells what is being imported, so that an answer can say that the log is not whole yet. Safe for concurrent use.</summary>
public interface IImportsUnderWay
{
    /// <summary>The organisation's imports that have not ended, the oldest first.</summary>
    IReadOnlyList<ImportUnderWay> Of(string organisationId);
}

/// <summary>Where nothing is imported while questions are asked.</summary>
internal sealed class NoImportsUnderWay : IImportsUnderWay
{
    public IReadOnlyList<ImportUnderWay> Of(string organisationId) => [];
}
