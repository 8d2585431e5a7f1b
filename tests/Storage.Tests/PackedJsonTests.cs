using System.Text.Json;
using Apex.Storage.Records;

namespace Apex.Storage.Tests;

/// <summary>State persistence: how a step of a run lies in the store.</summary>
public sealed class PackedJsonTests
{
    [Fact]
    public void Large_state_takes_a_fraction_of_its_size_and_is_read_back_byte_for_byte()
    {
        var state = JsonSerializer.SerializeToElement(
            Enumerable.Range(0, 2_000).Select(row => new { model = "claude-sonnet-4", day = row, usd = row / 7m, note = "übergroß" }));

        var stored = PackedJson.Of(state);

        Assert.InRange(stored.Length, 1, state.GetRawText().Length / 4);
        Assert.Equal(state.GetRawText(), PackedJson.Read(stored.Span).GetRawText());
    }

    [Fact]
    public void Small_state_and_what_an_earlier_version_stored_are_plain()
    {
        var small = JsonSerializer.SerializeToElement(new { done = "triage" });
        var earlier = """{"version":2,"calls":[]}"""u8;

        Assert.Equal(small.GetRawText(), System.Text.Encoding.UTF8.GetString(PackedJson.Of(small).Span));
        Assert.Equal(2, PackedJson.Read(earlier).GetProperty("version").GetInt32());
    }

    [Fact]
    public void What_packing_does_not_make_smaller_stays_as_it_is()
    {
        var noise = new byte[100_000];
        new Random(1).NextBytes(noise);

        Assert.Null(Packing.TryPack(noise));
    }

    [Fact]
    public void Damaged_bytes_are_refused()
    {
        var stored = PackedJson.Of(JsonSerializer.SerializeToElement(new string('a', 10_000))).ToArray();

        Assert.Throws<InvalidDataException>(() => PackedJson.Read(stored.AsSpan(0, stored.Length - 3)));
    }
}
