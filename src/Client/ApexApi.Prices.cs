using System.Net.Http.Json;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;

namespace Apex.Client;

/// <summary>What an organisation says of prices itself, and the keys of its programs.</summary>
public sealed partial class ApexApi
{
    private const string OwnPath = "/api/usage/prices/own";
    private const string DiscountsPath = "/api/usage/prices/discounts";
    private const string KeysPath = "/api/usage/ingest-keys";

    /// <param name="price">A model with its prices in US dollars per million tokens, see docs/imports.md.</param>
    public Task<JobReply> SetOwnPriceAsync(JsonElement price, CancellationToken cancellationToken) =>
        PutAsync(OwnPath, price, cancellationToken);

    public async Task<JobReply> ForgetOwnPriceAsync(string model, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{OwnPath}?model={Escape(model)}");
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reply, ApexJson.Default.JobReply, cancellationToken).ConfigureAwait(false);
    }

    public Task<JsonElement> GetOwnPricesAsync(CancellationToken cancellationToken) =>
        GetAsync(OwnPath, ApexJson.Default.JsonElement, cancellationToken);

    /// <param name="discounts">The whole list; it takes the place of the one before.</param>
    public Task<JobReply> SetDiscountsAsync(JsonElement discounts, CancellationToken cancellationToken) =>
        PutAsync(DiscountsPath, discounts, cancellationToken);

    public Task<JsonElement> GetDiscountsAsync(CancellationToken cancellationToken) =>
        GetAsync(DiscountsPath, ApexJson.Default.JsonElement, cancellationToken);

    /// <returns>The key, which is told this once.</returns>
    public Task<IngestKeyReply> CreateIngestKeyAsync(string name, CancellationToken cancellationToken) => PostAsync(
        KeysPath, new IngestKeyRequest(name), ApexJson.Default.IngestKeyRequest, ApexJson.Default.IngestKeyReply, cancellationToken);

    public Task<IngestKeyList> ListIngestKeysAsync(CancellationToken cancellationToken) =>
        GetAsync(KeysPath, ApexJson.Default.IngestKeyList, cancellationToken);

    public async Task RevokeIngestKeyAsync(string id, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{KeysPath}/{Escape(id)}");
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<JobReply> PutAsync(string path, JsonElement body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body, ApexJson.Default.JsonElement) };
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reply, ApexJson.Default.JobReply, cancellationToken).ConfigureAwait(false);
    }
}
