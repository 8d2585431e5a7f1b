namespace Apex.Client;

/// <summary>Files made from an organisation's usage log.</summary>
public sealed partial class ApexApi
{
    /// <summary>Writes the log as charges of the FinOps FOCUS format to a stream, as they arrive.</summary>
    /// <param name="parameters">format (csv or parquet), window or from and to, dimensions; nulls are left out.</param>
    public async Task ExportFocusAsync(
        IReadOnlyDictionary<string, string?> parameters, Stream output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var query = string.Join('&', parameters.Where(p => p.Value is not null).Select(p => $"{Escape(p.Key)}={Escape(p.Value!)}")); // nulls were left out
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/usage/export/focus?" + query);
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        await reply.Content.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
    }
}
