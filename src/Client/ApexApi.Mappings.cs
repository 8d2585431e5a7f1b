using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;

namespace Apex.Client;

/// <summary>The organisation's saved column mappings.</summary>
public sealed partial class ApexApi
{
    private const string MappingsPath = "/api/usage/mappings";

    public Task<MappingList> ListMappingsAsync(CancellationToken cancellationToken) =>
        GetAsync(MappingsPath, ApexJson.Default.MappingList, cancellationToken);

    public Task<JsonElement> GetMappingAsync(string name, CancellationToken cancellationToken) =>
        GetAsync($"{MappingsPath}/{Escape(name)}", ApexJson.Default.JsonElement, cancellationToken);

    public async Task DeleteMappingAsync(string name, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{MappingsPath}/{Escape(name)}");
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
