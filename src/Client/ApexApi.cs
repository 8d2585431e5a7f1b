using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Client;

/// <summary>
/// The server's HTTP calls. Each throws <see cref="ApexRequestException"/> when the server refuses and
/// <see cref="ServerUnreachableException"/> when nobody answers. Safe for concurrent use.
/// </summary>
/// <param name="http">With the server's address as base address; stays the caller's.</param>
public sealed partial class ApexApi(HttpClient http, Credentials? credentials = null)
{
    public Uri Server => http.BaseAddress ?? throw new InvalidOperationException("The HTTP client has no base address.");

    public Task<TokenReply> LogInAsync(string email, string password, CancellationToken cancellationToken) =>
        PostAsync("/auth/login", new LoginRequest(email, password), ApexJson.Default.LoginRequest, ApexJson.Default.TokenReply, cancellationToken);

    /// <summary>Logs in as the owner of the data folder of a server on this machine.</summary>
    /// <param name="secret">From the file the running server keeps in that folder.</param>
    public async Task<TokenReply> LogInLocalOwnerAsync(string secret, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/local");
        request.Headers.Add("X-Apex-Owner-Secret", secret);
        using var reply = await SendAsync(request, cancellationToken, withToken: false).ConfigureAwait(false);
        return await ReadAsync(reply, ApexJson.Default.TokenReply, cancellationToken).ConfigureAwait(false);
    }

    public Task<TokenReply> RegisterAsync(string email, string password, string? name, CancellationToken cancellationToken) =>
        PostAsync(
            "/auth/register", new RegisterRequest(email, password, name), ApexJson.Default.RegisterRequest, ApexJson.Default.TokenReply,
            cancellationToken);

    /// <summary>Ends the session these credentials belong to.</summary>
    public async Task LogOutAsync(CancellationToken cancellationToken)
    {
        if (credentials is null)
            return;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/logout")
        {
            Content = JsonContent.Create(new RefreshRequest(credentials.RefreshToken), ApexJson.Default.RefreshRequest),
        };
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public Task<ThreadPage> ListThreadsAsync(string? cursor, CancellationToken cancellationToken) =>
        GetAsync("/api/threads" + (cursor is null ? "" : "?cursor=" + Uri.EscapeDataString(cursor)), ApexJson.Default.ThreadPage, cancellationToken);

    public Task<MessagePage> ListMessagesAsync(ThreadId thread, CancellationToken cancellationToken) =>
        GetAsync($"/api/threads/{Escape(thread.Value)}/messages", ApexJson.Default.MessagePage, cancellationToken);

    public Task<RunView> GetRunAsync(RunId run, CancellationToken cancellationToken) =>
        GetAsync($"/api/runs/{Escape(run.Value)}", ApexJson.Default.RunView, cancellationToken);

    public Task<EventPage> ReadRunAsync(RunId run, long afterRunSeq, CancellationToken cancellationToken) =>
        GetAsync($"/api/runs/{Escape(run.Value)}/events?after={afterRunSeq}", ApexJson.Default.EventPage, cancellationToken);

    public Task<ExtentView> GetExtentAsync(CancellationToken cancellationToken) =>
        GetAsync("/api/usage/extent", ApexJson.Default.ExtentView, cancellationToken);

    public Task<ToolList> ListToolsAsync(CancellationToken cancellationToken) =>
        GetAsync("/api/usage/tools", ApexJson.Default.ToolList, cancellationToken);

    /// <returns>The result envelope.</returns>
    public Task<JsonElement> RunToolAsync(string name, JsonElement arguments, CancellationToken cancellationToken) =>
        PostAsync($"/api/usage/tools/{Escape(name)}", arguments, ApexJson.Default.JsonElement, ApexJson.Default.JsonElement, cancellationToken);

    /// <returns>The logged calls of these ids under <c>events</c>; ids that are not there are left out.</returns>
    public Task<JsonElement> GetUsageRowsAsync(IReadOnlyList<string> eventIds, CancellationToken cancellationToken) =>
        GetAsync("/api/usage/events?ids=" + Escape(string.Join(',', eventIds)), ApexJson.Default.JsonElement, cancellationToken);

    /// <summary>The spend report as text.</summary>
    /// <param name="parameters"><c>from</c>, <c>to</c> or <c>window</c>, <c>format</c> (html, md), <c>title</c>; nulls are left out.</param>
    public async Task<string> GetReportAsync(IReadOnlyDictionary<string, string?> parameters, CancellationToken cancellationToken)
    {
        var query = string.Join('&', parameters.Where(p => p.Value is not null).Select(p => $"{Escape(p.Key)}={Escape(p.Value!)}")); // nulls were left out
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/usage/report?" + query);
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await reply.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<AlertList> GetAlertsAsync(CancellationToken cancellationToken) =>
        GetAsync("/api/alerts", ApexJson.Default.AlertList, cancellationToken);

    public Task<AlertList> AddAlertRuleAsync(AlertRuleRequest rule, CancellationToken cancellationToken) =>
        PostAsync("/api/alerts/rules", rule, ApexJson.Default.AlertRuleRequest, ApexJson.Default.AlertList, cancellationToken);

    public async Task RemoveAlertRuleAsync(string ruleId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/api/alerts/rules/{Escape(ruleId)}");
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks after all rules now.</summary>
    public async Task<AlertList> CheckAlertsAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/alerts/check");
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reply, ApexJson.Default.AlertList, cancellationToken).ConfigureAwait(false);
    }

    public Task<JobReply> LoadDemonstrationAsync(DemoRequest request, CancellationToken cancellationToken) =>
        PostAsync("/api/usage/demo", request, ApexJson.Default.DemoRequest, ApexJson.Default.JobReply, cancellationToken);

    /// <summary>Uploads a usage log; the import goes on in the server, see <see cref="GetImportAsync"/>.</summary>
    /// <param name="parameters">Further query parameters, for instance <c>format</c>.</param>
    public Task<JobReply> ImportAsync(
        Stream content, string fileName, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken) =>
        UploadAsync("/api/usage/import", content, fileName, parameters, cancellationToken);

    /// <summary>Uploads prices: LiteLLM's price map, or a dated history.</summary>
    public Task<JobReply> ImportPricesAsync(
        Stream content, string fileName, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken) =>
        UploadAsync("/api/usage/prices/import", content, fileName, parameters, cancellationToken);

    public Task<ImportJobView> GetImportAsync(string jobId, CancellationToken cancellationToken) =>
        GetAsync($"/api/usage/imports/{Escape(jobId)}", ApexJson.Default.ImportJobView, cancellationToken);

    /// <summary>For administrators: says something to many users. Sending goes on in the server, see <see cref="ListBroadcastsAsync"/>.</summary>
    public Task<BroadcastView> BroadcastAsync(BroadcastRequest request, CancellationToken cancellationToken) => PostAsync(
        "/api/admin/broadcasts", request, ApexJson.Default.BroadcastRequest, ApexJson.Default.BroadcastView, cancellationToken);

    public Task<BroadcastView> GetBroadcastAsync(string id, CancellationToken cancellationToken) =>
        GetAsync($"/api/admin/broadcasts/{Escape(id)}", ApexJson.Default.BroadcastView, cancellationToken);

    /// <summary>For administrators: the newest 100, with whom each has reached.</summary>
    public Task<BroadcastList> ListBroadcastsAsync(CancellationToken cancellationToken) =>
        GetAsync("/api/admin/broadcasts", ApexJson.Default.BroadcastList, cancellationToken);

    /// <summary>What the caller may use, and what is left of it now.</summary>
    public Task<OwnLimits> GetOwnLimitsAsync(CancellationToken cancellationToken) =>
        GetAsync("/api/me/limits", ApexJson.Default.OwnLimits, cancellationToken);

    /// <summary>For administrators: the budgets that were set.</summary>
    public Task<BudgetSettingList> ListBudgetSettingsAsync(CancellationToken cancellationToken) =>
        GetAsync("/api/admin/budgets", ApexJson.Default.BudgetSettingList, cancellationToken);

    /// <summary>For administrators: sets what a user or an organisation may spend on chat models, and wakes the runs that wait for it.</summary>
    public async Task<BudgetSettingView> SetBudgetAsync(BudgetSettingRequest request, CancellationToken cancellationToken)
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, "/api/admin/budgets")
        {
            Content = JsonContent.Create(request, ApexJson.Default.BudgetSettingRequest),
        };
        using var reply = await SendAsync(put, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reply, ApexJson.Default.BudgetSettingView, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>For administrators: how the server's parts do.</summary>
    public Task<HealthView> GetHealthAsync(CancellationToken cancellationToken) =>
        GetAsync("/health/components", ApexJson.Default.HealthView, cancellationToken);

    /// <summary>For administrators: every open connection.</summary>
    public Task<ConnectionReport> GetConnectionsAsync(CancellationToken cancellationToken) =>
        GetAsync("/api/admin/connections", ApexJson.Default.ConnectionReport, cancellationToken);

    /// <summary>How the way from runs to devices does. For administrators.</summary>
    public Task<BridgeView> GetBridgeAsync(CancellationToken cancellationToken) =>
        GetAsync("/api/admin/bridge", ApexJson.Default.BridgeView, cancellationToken);

    /// <summary>For administrators: how the service levels stand.</summary>
    /// <param name="hours">1 to 24.</param>
    public Task<PerformanceView> GetPerformanceAsync(int hours, CancellationToken cancellationToken) =>
        GetAsync($"/api/admin/performance?hours={hours}", ApexJson.Default.PerformanceView, cancellationToken);

    /// <summary>What of a run's events was sent and confirmed, and on which devices.</summary>
    public Task<RunDeliveryView> GetRunDeliveryAsync(RunId run, CancellationToken cancellationToken) =>
        GetAsync($"/api/runs/{Escape(run.Value)}/delivery", ApexJson.Default.RunDeliveryView, cancellationToken);

    /// <summary>What the checker of recorded runs says of a run.</summary>
    public Task<RunValidationView> GetRunValidationAsync(RunId run, CancellationToken cancellationToken) =>
        GetAsync($"/api/runs/{Escape(run.Value)}/validation", ApexJson.Default.RunValidationView, cancellationToken);

    /// <summary>For administrators: what it says of all runs begun in the last hours.</summary>
    /// <param name="hours">1 to 168.</param>
    public Task<ValidationReport> GetValidationAsync(int hours, CancellationToken cancellationToken) =>
        GetAsync($"/api/admin/validation?hours={hours}", ApexJson.Default.ValidationReport, cancellationToken);

    /// <summary>An access token that is good for at least two minutes, or none without credentials.</summary>
    internal async ValueTask<string?> GetAccessTokenAsync(bool force, CancellationToken cancellationToken) => credentials is null
        ? null
        : await credentials.GetAccessTokenAsync(RefreshAsync, force, cancellationToken).ConfigureAwait(false);

    private Task<TokenReply> RefreshAsync(string refreshToken, CancellationToken cancellationToken) => PostAsync(
        "/auth/refresh", new RefreshRequest(refreshToken), ApexJson.Default.RefreshRequest, ApexJson.Default.TokenReply, cancellationToken,
        withToken: false);

    private async Task<JobReply> UploadAsync(
        string path, Stream content, string fileName, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        var query = string.Join('&', parameters.Select(p => $"{Escape(p.Key)}={Escape(p.Value)}"));
        using var form = new MultipartFormDataContent();
        form.Add(new StreamContent(content), "file", fileName);
        using var request = new HttpRequestMessage(HttpMethod.Post, query.Length == 0 ? path : path + "?" + query) { Content = form };
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reply, ApexJson.Default.JobReply, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TReply> GetAsync<TReply>(string path, JsonTypeInfo<TReply> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reply, type, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TReply> PostAsync<TRequest, TReply>(
        string path, TRequest body, JsonTypeInfo<TRequest> bodyType, JsonTypeInfo<TReply> replyType, CancellationToken cancellationToken,
        bool withToken = true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, bodyType) };
        using var reply = await SendAsync(request, cancellationToken, withToken).ConfigureAwait(false);
        return await ReadAsync(reply, replyType, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken, bool withToken = true)
    {
        if (withToken && await GetAccessTokenAsync(force: false, cancellationToken).ConfigureAwait(false) is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        HttpResponseMessage reply;
        try
        {
            reply = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new ServerUnreachableException(Server, e);
        }

        if (reply.IsSuccessStatusCode)
            return reply;

        using (reply)
            throw await ReadRefusalAsync(reply, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<TReply> ReadAsync<TReply>(
        HttpResponseMessage reply, JsonTypeInfo<TReply> type, CancellationToken cancellationToken) =>
        await reply.Content.ReadFromJsonAsync(type, cancellationToken).ConfigureAwait(false)
        ?? throw new ApexRequestException(ErrorCode.InternalError, (int)reply.StatusCode, "The server answered with nothing.");

    private static async Task<ApexRequestException> ReadRefusalAsync(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        var problem = await ReadProblemAsync(reply, cancellationToken).ConfigureAwait(false);
        var status = (int)reply.StatusCode;
        return new ApexRequestException(
            problem?.Code ?? CodeOf(reply.StatusCode), status, problem?.Detail ?? $"The server answered {status} {reply.ReasonPhrase}.",
            reply.Headers.RetryAfter?.Delta);
    }

    /// <returns>Null when something between us and the server answered, not the server: the status is all there is to tell.</returns>
    private static async Task<Problem?> ReadProblemAsync(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        try
        {
            var problem = await reply.Content.ReadFromJsonAsync(ApexJson.Default.Problem, cancellationToken).ConfigureAwait(false);
            return problem is { Detail: not null } ? problem : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }

    private static ErrorCode CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => ErrorCode.Unauthorized,
        HttpStatusCode.Forbidden => ErrorCode.Forbidden,
        HttpStatusCode.NotFound => ErrorCode.NotFound,
        HttpStatusCode.TooManyRequests => ErrorCode.RateLimited,
        HttpStatusCode.ServiceUnavailable => ErrorCode.NotReady,
        _ => ErrorCode.InternalError,
    };

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
