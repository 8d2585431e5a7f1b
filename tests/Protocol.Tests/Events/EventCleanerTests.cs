using System.Text.Encodings.Web;
using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Testing;

namespace Apex.Protocol.Tests.Events;

public sealed class EventCleanerTests
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("password")]
    [InlineData("userPassword")]
    [InlineData("API_KEY")]
    [InlineData("apikey")]
    [InlineData("access-token")]
    [InlineData("accessToken")]
    [InlineData("client_secret")]
    [InlineData("auth")]
    [InlineData("Authorization")]
    [InlineData("credentials")]
    public void Values_under_secret_keys_are_redacted(string key) =>
        Assert.Equal($$"""{"{{key}}":"[REDACTED]"}""", Clean($$"""{"{{key}}":"hunter2"}"""));

    [Theory]
    [InlineData("""{"input_tokens":12}""")]
    [InlineData("""{"author":"Ada"}""")]
    [InlineData("""{"keyword":"cost"}""")]
    [InlineData("""{"monkey":"see"}""")]
    [InlineData("""{"days":30,"models":["a","b"],"deep":{"share":0.25,"none":null,"yes":true}}""")]
    public void Harmless_values_stay_as_they_are(string json) => Assert.Equal(json, Clean(json));

    [Fact]
    public void Whole_objects_under_secret_keys_are_redacted_wherever_they_stand() =>
        Assert.Equal(
            """{"list":[{"secret":"[REDACTED]"}]}""", Clean("""{"list":[{"secret":{"user":"ada","value":["hunter2"]}}]}"""));

    [Theory]
    [InlineData("read /home/ada/projects/log.csv now", "read [path]/log.csv now")]
    [InlineData("""C:\\Users\\ada\\log.csv""", """[path]\\log.csv""")]
    [InlineData("https://example.com/a/b/c.json", "https://example.com/a/b/c.json")]
    [InlineData("tokens in/out and 3/4", "tokens in/out and 3/4")]
    public void Folders_of_file_paths_are_masked(string text, string clean) =>
        Assert.Equal($$"""{"text":"{{clean}}"}""", Clean($$"""{"text":"{{text}}"}"""));

    [Fact]
    public void A_long_text_is_cut_and_the_cut_is_named()
    {
        var clean = Clean($$"""{"text":"{{new string('x', 250)}}"}""");

        Assert.Equal(new string('x', 200) + "… [50 more characters]", JsonDocument.Parse(clean).RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public void A_cut_never_splits_a_character()
    {
        var text = new string('x', 199) + "😀" + new string('y', 20);

        Assert.Equal(new string('x', 199) + "… [22 more characters]", EventCleaner.CleanText(text));
    }

    [Fact]
    public void A_long_list_is_cut_and_the_cut_is_named()
    {
        var clean = JsonDocument.Parse(Clean("[1,2,3,4,5,6,7,8,9,10,11,12]")).RootElement;

        Assert.Equal(11, clean.GetArrayLength());
        Assert.Equal("… [2 more items]", clean[10].GetString());
    }

    [Fact]
    public void Cleaning_what_is_clean_changes_nothing()
    {
        var once = Clean($$"""{"key":"k","text":"/a/b/c {{new string('x', 500)}}","list":[{{string.Join(',', Enumerable.Range(0, 50))}}]}""");

        Assert.Equal(once, Clean(once));
    }

    [Fact]
    public void Deep_nesting_is_cut()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 60)) + string.Concat(Enumerable.Repeat("]", 60));

        Assert.Contains("nested too deep", Clean(deep));
    }

    [Fact]
    public async Task A_text_of_many_slashes_does_not_hold_the_cleaner()
    {
        // Long enough that work which grows with its square would not end before the limit of all tests.
        var hostile = string.Concat(Enumerable.Repeat("/a", 1_000_000)) + "\n" + new string('/', 1_000_000);

        await Task.Run(() => EventCleaner.CleanText(hostile)).Within();
    }

    private static string Clean(string json)
    {
        var clean = EventCleaner.Clean(JsonDocument.Parse(json).RootElement);
        return JsonSerializer.Serialize(clean, Plain);
    }
}
