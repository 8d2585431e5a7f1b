namespace Apex.Protocol.Ids;

/// <summary>Where the random part of new ids comes from: never the same twice, and later ones sort behind earlier ones.</summary>
internal static class IdSource
{
    /// <summary>A simulation sets its own before anything runs, so that ids too follow from its seed.</summary>
    public static Func<Guid> Next { get; set; } = Guid.CreateVersion7;
}
