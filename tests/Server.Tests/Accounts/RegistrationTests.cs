using System.Net;
using System.Net.Http.Json;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Testing;

namespace Apex.Server.Tests.Accounts;

public sealed class RegistrationTests
{
    [Fact]
    public async Task Email_is_taken_once_whatever_its_case()
    {
        await using var server = await ApexTestServer.StartAsync();
        var email = Some.Email();
        await server.RegisterAsync(email);

        using var again = await PostAsync(server, new RegisterRequest(" " + email.ToUpperInvariant(), Some.Password));

        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        var problem = await again.ProblemAsync();
        Assert.Equal(ErrorCode.EmailTaken, problem.Code);
        Assert.Equal("email", problem.Field);
    }

    [Fact]
    public async Task Of_many_registrations_of_one_email_at_once_one_succeeds()
    {
        await using var server = await ApexTestServer.StartAsync();
        var email = Some.Email();

        var replies = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => PostAsync(server, new RegisterRequest(email, Some.Password))));

        Assert.Equal(1, replies.Count(reply => reply.StatusCode == HttpStatusCode.OK));
        Assert.Equal(7, replies.Count(reply => reply.StatusCode == HttpStatusCode.Conflict));
        foreach (var reply in replies)
            reply.Dispose();
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("short pwd", "9 characters; it needs at least 10")]
    [InlineData("somebody.long@example.com", "is the e-mail address")]
    [InlineData("Somebody.Long", "is the e-mail address")]
    [InlineData("aaaaaaaaaaaa", "too few characters")]
    [InlineData("Password123", "first that attackers try")]
    public async Task Weak_password_is_refused_with_what_is_wrong(string? password, string expected)
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await PostAsync(server, new RegisterRequest("somebody.long@example.com", password));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        var problem = await reply.ProblemAsync();
        Assert.Equal(ErrorCode.WeakPassword, problem.Code);
        Assert.Equal("password", problem.Field);
        Assert.Contains(expected, problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("no-at-sign")]
    [InlineData("two@@example.com")]
    [InlineData("with space@example.com")]
    [InlineData("Name <name@example.com>")]
    public async Task What_is_no_email_address_is_refused(string? email)
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await PostAsync(server, new RegisterRequest(email, Some.Password));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        Assert.Equal("email", (await reply.ProblemAsync()).Field);
    }

    [Theory]
    [InlineData(RegistrationPolicy.OwnOrganisation, false)]
    [InlineData(RegistrationPolicy.SharedOrganisation, true)]
    public async Task Newcomers_share_an_organisation_only_where_the_options_say_so(RegistrationPolicy policy, bool shared)
    {
        await using var server = await ApexTestServer.StartAsync(
            options => new ApexServerOptions { DataFolder = options.DataFolder, Port = 0, Registration = policy });

        var one = TokenForge.PayloadOf((await server.RegisterAsync()).AccessToken)["org"]!.GetValue<string>();
        var other = TokenForge.PayloadOf((await server.RegisterAsync()).AccessToken)["org"]!.GetValue<string>();

        Assert.Equal(shared, one == other);
        Assert.Equal(shared, one == "default");
    }

    [Fact]
    public async Task Closed_registration_refuses_and_says_so_in_the_configuration()
    {
        await using var server = await ApexTestServer.StartAsync(
            options => new ApexServerOptions { DataFolder = options.DataFolder, Port = 0, Registration = RegistrationPolicy.Closed });

        using var reply = await PostAsync(server, new RegisterRequest(Some.Email(), Some.Password));
        var config = await server.Http.GetFromJsonAsync("/auth/config", ApexJson.Default.AuthConfig);

        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
        Assert.Contains("registration", (await reply.ProblemAsync()).Detail, StringComparison.Ordinal);
        Assert.False(config!.Registration);
        Assert.Empty(config.OauthProviders);
    }

    [Theory]
    [InlineData("{\"email\": \"a@example.com\", ", "application/json", HttpStatusCode.BadRequest, ErrorCode.InvalidJson)]
    [InlineData("[1]", "application/json", HttpStatusCode.BadRequest, ErrorCode.InvalidJson)]
    [InlineData("{\"email\": 7}", "application/json", HttpStatusCode.BadRequest, ErrorCode.InvalidJson)]
    [InlineData("email=a@example.com", "application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType, ErrorCode.InvalidMessage)]
    public async Task Body_that_is_not_the_json_asked_for_is_refused(string body, string type, HttpStatusCode status, ErrorCode code)
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await server.Http.PostAsync("/auth/register", new StringContent(body, Encoding.UTF8, type));

        Assert.Equal(status, reply.StatusCode);
        Assert.Equal(code, (await reply.ProblemAsync()).Code);
    }

    private static Task<HttpResponseMessage> PostAsync(ApexTestServer server, RegisterRequest request) =>
        server.Http.PostAsJsonAsync("/auth/register", request, ApexJson.Default.RegisterRequest);
}
