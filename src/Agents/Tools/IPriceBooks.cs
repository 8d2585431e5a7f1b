using Apex.Usage.Prices;

namespace Apex.Agents.Tools;

/// <summary>The price book in force for an organisation. Implemented where price books are kept.</summary>
public interface IPriceBooks
{
    ValueTask<PriceBook> GetAsync(string organisationId, CancellationToken cancellationToken);
}
